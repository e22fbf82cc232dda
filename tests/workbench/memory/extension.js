// A file system that is nowhere on this machine, as those of GitHub Repositories or of an FTP server: one folder, a few files.
const vscode = require("vscode");

const FILES = {
  "/project/score.py": 'import json\n\n\ndef run(data):\n    return {"got": json.loads(data)}\n',
  "/project/deployment.yml": "name: blue\nendpoint_name: digits\ncode_configuration:\n  code: .\n  scoring_script: score.py\n",
};

function stat(path) {
  if (path in FILES) return { type: vscode.FileType.File, ctime: 0, mtime: 0, size: FILES[path].length };
  if (path === "/" || path === "/project") return { type: vscode.FileType.Directory, ctime: 0, mtime: 0, size: 0 };
  throw vscode.FileSystemError.FileNotFound(path);
}

exports.activate = ({ subscriptions }) => {
  const changed = new vscode.EventEmitter();
  const refuse = () => {
    throw vscode.FileSystemError.NoPermissions();
  };
  const system = {
    onDidChangeFile: changed.event,
    watch: () => ({ dispose() {} }),
    stat: ({ path }) => stat(path),
    readDirectory: ({ path }) => (path === "/project" ? Object.keys(FILES).map((file) => [file.slice(9), vscode.FileType.File]) : []),
    readFile: ({ path }) => (stat(path), Buffer.from(FILES[path])),
    writeFile: ({ path }, content) => void (FILES[path] = Buffer.from(content).toString()),
    createDirectory: refuse,
    delete: refuse,
    rename: refuse,
  };
  // What lets VS Code find out which extensions a virtual workspace is for; GitHub Repositories has it too.
  const search = { provideFileSearchResults: () => Object.keys(FILES).map((path) => vscode.Uri.from({ scheme: "memory", path })) };
  subscriptions.push(vscode.workspace.registerFileSystemProvider("memory", system), vscode.workspace.registerFileSearchProvider("memory", search));
};
