// Which documents the server is told of.
const SCHEMES = ["file", "untitled", "vscode-vfs", "vscode-remote"];
const LANGUAGES = ["python", "yaml", "json", "jsonc", "pip-requirements"];

export const DOCUMENTS: { scheme: string; language: string }[] = SCHEMES.flatMap((scheme) => LANGUAGES.map((language) => ({ scheme, language })));

/** Files whose change on disk may change what is to be said of an open document. */
export const WATCHED = "**/{*.py,*.yml,*.yaml,inferenceconfig.json,deploymentconfig.json,requirements*.txt}";
