// Which documents the server is told of.
import * as vscode from "vscode";

const SCHEMES = ["file", "untitled", "vscode-vfs", "vscode-remote"];
const LANGUAGES = ["python", "yaml", "json", "jsonc", "pip-requirements"];

// Requirements files are plain text where no other extension knows them.
const REQUIREMENTS = "**/*requirements*.{txt,in}";

/** The scheme of a virtual workspace is its file system's own; those of differences and other views of a text are left out. */
export function documents(): { scheme: string; language?: string; pattern?: string }[] {
  const folders = (vscode.workspace.workspaceFolders ?? []).map((folder) => folder.uri.scheme);
  return [...new Set([...SCHEMES, ...folders])].flatMap((scheme) => [
    ...LANGUAGES.map((language) => ({ scheme, language })),
    { scheme, pattern: REQUIREMENTS },
  ]);
}

/** Files whose change on disk may change what is to be said of an open document. */
const MODELS = ["pkl", "pickle", "joblib", "sav", "onnx", "pt", "pth", "h5", "keras", "safetensors", "skops", "bst", "ubj", "cbm", "npz", "npy"].map((kind) => `*.${kind}`);
export const WATCHED = `**/{*.py,*.yml,*.yaml,inferenceconfig.json,deploymentconfig.json,*requirements*.txt,${MODELS.join(",")}}`;
