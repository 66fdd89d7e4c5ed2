// Starts the language server for the YAML files of the workspace; everything else is decided there.
"use strict";

const {execFile} = require("node:child_process");
const path = require("node:path");
const vscode = require("vscode");
const {LanguageClient} = require("vscode-languageclient/node");

let client;

/** The command of the settings with further arguments. */
function commandLine(...more) {
  const settings = vscode.workspace.getConfiguration("policyengine");
  const [command, ...rest] = settings.get("command");
  const day = settings.get("asOf");
  return [command, [...rest, ...more, ...(day ? ["--as-of", day] : [])]];
}

/** The folder around the open file in which a program is declared. */
async function programFolder() {
  const file = vscode.window.activeTextEditor?.document.uri.fsPath;
  for (let folder = file && path.dirname(file); folder; folder = path.dirname(folder)) {
    try {
      await vscode.workspace.fs.stat(vscode.Uri.file(path.join(folder, "program.yaml")));
      return folder;
    } catch {
      if (path.dirname(folder) === folder) break;
    }
  }
  vscode.window.showInformationMessage("The open file lies in no program: no folder around it has a program.yaml.");
  return undefined;
}

/** Files that the user chooses. */
async function chosen(title, many) {
  const filters = {Records: ["yaml", "yml", "json", "ndjson", "csv"]};
  return vscode.window.showOpenDialog({title, canSelectMany: many, filters});
}

/** Shows what a command prints beside the editor. */
function show(title, ...words) {
  const [command, args] = commandLine(...words);
  execFile(command, args, {maxBuffer: 16 * 1024 * 1024}, async (error, out, err) => {
    const text = out || err || String(error);
    const document = await vscode.workspace.openTextDocument({content: `${title}\n\n${text}`, language: "plaintext"});
    await vscode.window.showTextDocument(document, {viewColumn: vscode.ViewColumn.Beside, preview: true});
  });
}

async function pin(files) {
  await client?.sendRequest("workspace/executeCommand", {command: "policyengine.pin", arguments: files});
}

async function why() {
  const folder = await programFolder();
  const record = folder && (await chosen("The record of a partner", false));
  const finding = record && (await vscode.window.showInputBox({prompt: "Which finding, by its name? Empty: the levels"}));
  if (finding !== undefined) show("Why", "why", folder, record[0].fsPath, ...(finding ? [finding] : []));
}

async function plan() {
  const folder = await programFolder();
  const records = folder && (await chosen("The records of the partner base", true));
  if (records) show("Whom the change hits", "plan", folder, ...records.map((each) => each.fsPath));
}

async function activate(context) {
  const [command, args] = commandLine("lsp");
  const selector = [{scheme: "file", language: "yaml"}];
  const watched = vscode.workspace.createFileSystemWatcher("**/*.{yaml,yml}");
  client = new LanguageClient("policyengine", "Partner policies", {command, args}, {
    documentSelector: selector,
    synchronize: {fileEvents: watched},
  });
  context.subscriptions.push(
    watched,
    vscode.commands.registerCommand("policyengine.pinRecords", async () => {
      const files = await chosen("The records that lenses count", true);
      if (files) await pin(files.map((each) => each.fsPath));
    }),
    vscode.commands.registerCommand("policyengine.unpinRecords", () => pin([])),
    vscode.commands.registerCommand("policyengine.why", why),
    vscode.commands.registerCommand("policyengine.plan", plan),
  );
  await client.start();
}

function deactivate() {
  return client?.stop();
}

module.exports = {activate, deactivate};
