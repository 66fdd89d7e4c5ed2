// The extension in VS Code itself, served to a browser: a vendor opens ByteKast, completes a name, pins records, sees a
// gap, takes the fix, asks whom the text hits, and why. node walk.mjs HOST EXTENSION.vsix [PICTURES]
import {execFileSync, spawn} from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import {createRequire} from "node:module";
import {fileURLToPath} from "node:url";

const [host, extension, pictures] = process.argv.slice(2).map((each) => path.resolve(each));
const {default: puppeteer} = createRequire(path.join(host, "package.json"))("puppeteer-core");
const repository = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");
const server = path.join(host, "node_modules/code-server/lib/vscode/out/server-main.js");
const PORT = 18734;
const LIMIT_MS = 30_000;

const settings = {
  "policyengine.command": (process.env.POLICYENGINE || "policyengine").split(" "),
  "policyengine.asOf": "2026-11-21",
  "files.autoSave": "off",
  "files.simpleDialog.enable": true,
  "workbench.startupEditor": "none",
  "workbench.colorTheme": "Default Light Modern",
  "workbench.tips.enabled": false,
  "security.workspace.trust.enabled": false,
  "telemetry.telemetryLevel": "off",
  "editor.minimap.enabled": false,
  "editor.fontSize": 14,
  "window.commandCenter": false,
  "workbench.layoutControl.enabled": false,
  "chat.commandCenter.enabled": false,
  "breadcrumbs.enabled": false,
  "git.enabled": false,
  "extensions.autoCheckUpdates": false,
};

/** The folder of a vendor: the program, its tests, and the records of a partner base in one file. */
function prepare(root) {
  for (const folder of ["policies", "fixtures"]) {
    fs.cpSync(path.join(repository, folder, "bytekast"), path.join(root, "work", folder, "bytekast"), {recursive: true});
  }
  const records = path.join(root, "work/fixtures/bytekast/records");
  const names = fs.readdirSync(records).filter((each) => each.startsWith("accounts-")).sort();
  const texts = names.map((each) => fs.readFileSync(path.join(records, each), "utf8"));
  fs.writeFileSync(path.join(root, "work/partners.yaml"), texts.join("---\n"));
  fs.mkdirSync(path.join(root, "data/data/User"), {recursive: true});
  fs.writeFileSync(path.join(root, "data/data/User/settings.json"), JSON.stringify(settings));
}

/** The server of VS Code, once it listens. */
async function serve(root) {
  const folders = ["--server-data-dir", path.join(root, "data"), "--extensions-dir", path.join(root, "extensions")];
  const quiet = {stdio: "ignore"};
  execFileSync(process.execPath, [server, ...folders, "--install-extension", extension, "--force"], quiet);
  const listen = ["--host", "127.0.0.1", "--port", String(PORT), "--without-connection-token"];
  const running = spawn(process.execPath, [server, ...folders, ...listen, "--accept-server-license-terms"], quiet);
  for (let i = 0; i < 100; i++) {
    const found = await fetch(`http://127.0.0.1:${PORT}/version`).catch(() => undefined);
    if (found?.ok) return running;
    await wait(200);
  }
  throw new Error("the host does not listen");
}

const wait = (ms) => new Promise((done) => setTimeout(done, ms));

class Editor {
  constructor(page) {
    this.page = page;
  }

  async press(...keys) {
    for (const key of keys.slice(0, -1)) await this.page.keyboard.down(key);
    await this.page.keyboard.press(keys.at(-1));
    for (const key of keys.slice(0, -1)) await this.page.keyboard.up(key);
  }

  async type(text) {
    await this.page.keyboard.type(text);
  }

  /** Waits until something on the page says so. */
  async sees(selector, words) {
    const said = (chosen, wanted) => [...document.querySelectorAll(chosen)]
      .some((each) => each.textContent.replace(/\u00a0/g, " ").includes(wanted));
    await this.page.waitForFunction(said, {timeout: LIMIT_MS}, selector, words).catch(() => {
      throw new Error(`nothing in ${selector} says: ${words}`);
    });
  }

  async gone(selector) {
    await this.page.waitForFunction((chosen) => {
      const found = document.querySelector(chosen);
      return !found || getComputedStyle(found).display === "none";
    }, {timeout: LIMIT_MS}, selector);
  }

  /** Types into a box at the top, until it offers something, and takes it. */
  async choose(text, offered) {
    await this.page.waitForSelector(".quick-input-widget", {timeout: LIMIT_MS, visible: true});
    await this.type(text);
    await this.sees(".quick-input-widget", offered);
    await wait(300);
    await this.press("Enter");
  }

  async open(name) {
    await this.press("Control", "p");
    await this.choose(name, path.basename(name));
    await this.sees(".tab.active", path.basename(name));
    await wait(500);
  }

  async command(title) {
    await this.press("F1");
    await this.choose(title, title);
  }

  async at(line, column) {
    await this.press("Control", "g");
    await this.choose(`${line}:${column}`, `line ${line}`);
    await this.gone(".quick-input-widget");
    await wait(300);
  }

  async picture(name) {
    if (!pictures) return;
    await wait(700);
    await this.page.screenshot({path: path.join(pictures, `${name}.webp`), type: "webp", quality: 80});
  }
}

async function walk(editor) {
  const editing = ".view-lines";
  await editor.press("Control", "b"); // the editor alone
  await editor.open("policies/bytekast/levels.yaml");
  await editor.sees(".codelens-decoration", "stated in section 1.1");
  // What a name means
  await editor.at(10, 14);
  await editor.press("Control", "k");
  await editor.press("Control", "i");
  await editor.sees(".monaco-hover", "Other readings: the count at the quarter's end");
  await editor.picture("hover");
  await editor.press("Escape");
  // Completion
  await editor.at(10, 10);
  await editor.press("Shift", "End");
  await editor.type("act");
  await editor.press("Control", " ");
  await editor.sees(".suggest-widget", "active_accounts");
  await editor.picture("completion");
  await editor.press("Enter");
  await editor.sees(editing, "measure: active_accounts");
  // Pinned records, and how many of them reach a level
  await editor.command("Policies: Pin records");
  await editor.sees(".quick-input-widget", "The records to count");
  await editor.sees(".quick-input-widget", "levels.yaml"); // it begins in the folder of the open file
  await wait(500);
  await editor.press("Control", "a");
  await editor.page.keyboard.sendCharacter(path.join(editor.work, "partners.yaml"));
  await editor.sees(".quick-input-list", "partners.yaml");
  await wait(500);
  await editor.press("Enter");
  await editor.gone(".quick-input-widget");
  await editor.at(46, 1);
  await editor.sees(".codelens-decoration", "2 pinned records reach it");
  // A gap, and its fix
  await editor.at(39, 22);
  await editor.press("Shift", "End");
  await editor.type("17..26");
  await editor.at(32, 23);
  await editor.sees(".statusbar", "1");
  await wait(1500);
  await editor.press("Control", ".");
  await editor.sees(".action-widget", "Start gold at 16");
  await editor.picture("gap");
  await editor.press("ArrowDown");
  await editor.press("Enter");
  await editor.sees(editing, "active_accounts: 16..26");
  // Fewer accounts for a level: the line above it, the panel of the plan
  await editor.at(51, 22);
  await editor.press("Shift", "End");
  await editor.type("26..");
  await editor.at(39, 22);
  await editor.press("Shift", "End");
  await editor.type("16..25");
  await editor.sees(".codelens-decoration", "(1 more than saved)");
  await editor.picture("lens");
  await editor.command("Policies: Whom does the text hit?");
  await editor.choose("saved", "The saved text");
  await editor.sees(".tab", "Whom the text hits");
  await editor.inPanel("Gold");
  await editor.picture("plan");
  await editor.press("Control", "1");
  // Why
  await editor.command("Policies: Why does this hold for a record?");
  await editor.choose("kestrel", "kestrel");
  await editor.choose("Reseller levels", "Reseller levels");
  await editor.sees(".tab", "Why: Reseller levels");
  await editor.inPanel("Kestrel Learning has reached no level");
  await editor.picture("why");
}

async function main() {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), "walk-"));
  prepare(root);
  const running = await serve(root);
  const browser = await puppeteer.launch({
    executablePath: process.env.BROWSER || "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"], headless: true,
  });
  try {
    const page = await browser.newPage();
    await page.setViewport({width: 980, height: 560});
    const editor = new Editor(page);
    editor.work = path.join(root, "work");
    editor.inPanel = async (words) => {
      const end = Date.now() + LIMIT_MS;
      while (Date.now() < end) {
        for (const frame of page.frames()) {
          const text = await frame.evaluate(() => document.body?.innerText ?? "").catch(() => "");
          if (frame !== page.mainFrame() && text.includes(words)) return;
        }
        await wait(300);
      }
      throw new Error(`no panel says: ${words}`);
    };
    await page.goto(`http://127.0.0.1:${PORT}/?folder=${editor.work}`, {waitUntil: "domcontentloaded"});
    await page.waitForSelector(".monaco-workbench", {timeout: LIMIT_MS});
    await wait(3000);
    await walk(editor).catch(async (error) => {
      await editor.picture("failed");
      throw error;
    });
  } finally {
    await browser.close();
    running.kill();
    fs.rmSync(root, {recursive: true, force: true});
  }
  console.log("1 passed, 0 failed");
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
