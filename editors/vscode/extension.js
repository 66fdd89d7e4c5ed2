// Starts the language server for the YAML files of the workspace; everything else is decided there.
"use strict";

const vscode = require("vscode");
const {LanguageClient} = require("vscode-languageclient/node");

const PINNED = "pinnedRecords";
const SAVED = "saved";
const PAUSE_MS = 500;

let client;
let output;
let memory;
const panels = new Map();

/** The command of the settings, with what `lsp` takes. */
function commandLine() {
  const settings = vscode.workspace.getConfiguration("policyengine");
  const [command, ...rest] = settings.get("command");
  const day = settings.get("asOf");
  return [command, [...rest, "lsp", ...(day ? ["--as-of", day] : [])]];
}

/** Asks the server to do something; a refusal is shown, and gives nothing. */
async function ask(command, ...given) {
  try {
    return await client.sendRequest("workspace/executeCommand", {command: `policyengine.${command}`, arguments: given});
  } catch (refused) {
    vscode.window.showInformationMessage(refused.message);
    return undefined;
  }
}

async function pin(files) {
  await memory.update(PINNED, files);
  await ask("pin", ...files);
  refreshAll();
}

async function choosePins() {
  const filters = {Records: ["yaml", "yml", "json", "ndjson"]};
  const found = await vscode.window.showOpenDialog({title: "The records to count", canSelectMany: true, filters});
  if (found) await pin(found.map((each) => each.fsPath));
  return Boolean(found);
}

/** Whether records are pinned; asks for some where there are none. */
async function havePins() {
  return memory.get(PINNED, []).length > 0 || choosePins();
}

function escaped(text) {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

const STYLE = "body{font-family:var(--vscode-font-family);line-height:1.5}p:first-child{font-weight:600}";

/** Sentences, one below the other. */
function page(text) {
  const lines = text.split("\n").map((line) => `<p>${escaped(line)}</p>`).join("\n");
  return `<!doctype html><html><head><meta charset="utf-8"><style>${STYLE}</style></head><body>${lines}</body></html>`;
}

/** A panel beside the editor, made again whenever a text changes. */
async function show(name, title, make) {
  let shown = panels.get(name);
  if (!shown) {
    const where = {viewColumn: vscode.ViewColumn.Beside, preserveFocus: true};
    const panel = vscode.window.createWebviewPanel(`policyengine.${name}`, title, where, {});
    shown = {panel};
    panel.onDidDispose(() => panels.delete(name));
    panels.set(name, shown);
  }
  shown.panel.title = title;
  shown.make = make;
  await refresh(shown, true);
}

async function refresh(shown, asked) {
  const html = asked ? await shown.make() : await shown.make().catch(() => undefined);
  if (html !== undefined) shown.panel.webview.html = html;
}

let waiting;
function refreshAll() {
  clearTimeout(waiting);
  waiting = setTimeout(() => panels.forEach((shown) => refresh(shown, false)), PAUSE_MS);
}

/** What a panel asks while one types; a text with a mistake leaves it as it was. */
function quietly(command, ...given) {
  return client.sendRequest("workspace/executeCommand", {command: `policyengine.${command}`, arguments: given});
}

function openText() {
  return vscode.window.activeTextEditor?.document.uri.toString();
}

async function why() {
  const uri = openText();
  if (!uri || !(await havePins())) return;
  const records = await ask("findingsOf", uri);
  if (!records?.length) return;
  const names = records.map((each) => each.record);
  const record = names.length > 1 ? await vscode.window.showQuickPick(names, {placeHolder: "Which record?"}) : names[0];
  if (record === undefined) return;
  const {findings} = records.find((each) => each.record === record);
  const items = findings.map((each) => ({label: each.title, description: each.status, detail: each.name}));
  const found = await vscode.window.showQuickPick(items, {placeHolder: "What is to be explained?", matchOnDetail: true});
  if (!found) return;
  await show("why", `Why: ${found.label}`, async () => page(await quietly("explain", uri, record, found.detail)));
}

async function plan() {
  const uri = openText();
  if (!uri || !(await havePins())) return;
  const choices = [
    {label: "The saved text", revision: SAVED},
    {label: "The last commit", revision: "HEAD"},
    {label: "Another revision ..."},
  ];
  const chosen = await vscode.window.showQuickPick(choices, {placeHolder: "Compare the text as it is with"});
  const revision = chosen && (chosen.revision ?? (await vscode.window.showInputBox({prompt: "A branch, a tag or a commit"})));
  if (!revision || (await ask("planText", uri, revision)) === undefined) return;
  await show("plan", "Whom the text hits", () => quietly("planText", uri, revision, "html"));
}

/** Shows what the tests say below the editor. */
async function runCommand(command, given, next) {
  const found = await next(command, given);
  if (command === "policyengine.runTests") {
    output.clear();
    output.append(found);
    output.show(true);
  }
  return found;
}

async function activate(context) {
  memory = context.workspaceState;
  output = vscode.window.createOutputChannel("Policy tests");
  const [command, args] = commandLine();
  const watched = vscode.workspace.createFileSystemWatcher("**/*.{yaml,yml}");
  client = new LanguageClient("policyengine", "Partner policies", {command, args}, {
    documentSelector: [{scheme: "file", language: "yaml"}],
    synchronize: {fileEvents: watched},
    middleware: {executeCommand: runCommand},
  });
  context.subscriptions.push(
    watched,
    output,
    vscode.workspace.onDidChangeTextDocument(refreshAll),
    vscode.commands.registerCommand("policyengine.pinRecords", choosePins),
    vscode.commands.registerCommand("policyengine.unpinRecords", () => pin([])),
    vscode.commands.registerCommand("policyengine.why", why),
    vscode.commands.registerCommand("policyengine.plan", plan),
  );
  await client.start();
  const pinned = memory.get(PINNED, []);
  if (pinned.length) await pin(pinned);
}

function deactivate() {
  return client?.stop();
}

module.exports = {activate, deactivate};
