// The protocol library of VS Code against the server: opens a program, makes a mistake, takes the fix.
"use strict";

const assert = require("node:assert");
const {spawn} = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const {pathToFileURL} = require("node:url");
const protocol = require("vscode-languageserver-protocol/node");

const [command, ...args] = (process.env.POLICYENGINE || "policyengine").split(" ");
const folder = path.resolve(__dirname, "../../policies/bytekast");
const file = path.join(folder, "levels.yaml");
const uri = pathToFileURL(file).href;

let ended = false;

function fail(why) {
  console.error(why);
  process.exit(1);
}

async function main() {
  const server = spawn(command, [...args, "lsp", "--as-of", "2026-11-21"], {stdio: ["pipe", "pipe", "inherit"]});
  server.on("exit", (code) => ended || fail(`the server ended with ${code}`));
  const connection = protocol.createProtocolConnection(server.stdout, server.stdin);
  const published = [];
  connection.onNotification(protocol.PublishDiagnosticsNotification.type, (each) => {
    if (each.uri === uri) published.push(each.diagnostics);
  });
  connection.listen();
  const folders = [{uri: pathToFileURL(folder).href, name: "bytekast"}];
  await connection.sendRequest(protocol.InitializeRequest.type, {
    processId: process.pid, rootUri: folders[0].uri, workspaceFolders: folders, capabilities: {},
  });
  await connection.sendNotification(protocol.InitializedNotification.type, {});
  const text = fs.readFileSync(file, "utf8").replace("16..26", "17..26");
  await connection.sendNotification(protocol.DidOpenTextDocumentNotification.type, {
    textDocument: {uri, languageId: "yaml", version: 1, text},
  });
  const line = text.split("\n").findIndex((each) => each.includes("measure:"));
  const hover = await connection.sendRequest(protocol.HoverRequest.type, {
    textDocument: {uri}, position: {line, character: 12},
  });
  assert.match(hover.contents.value, /active accounts/);
  const [gap] = published.at(-1);
  assert.equal(gap.code, "TIER001");
  const fixes = await connection.sendRequest(protocol.CodeActionRequest.type, {
    textDocument: {uri}, range: gap.range, context: {diagnostics: [gap]},
  });
  assert.deepEqual(fixes.map((each) => each.title), ["End silver at 16", "Start gold at 16"]);
  ended = true;
  await connection.sendRequest(protocol.ShutdownRequest.type);
  await connection.sendNotification(protocol.ExitNotification.type);
  console.log("1 passed, 0 failed");
}

main().catch(fail);
