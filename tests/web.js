"use strict";
/* What tests/web.sh asks of a built page: node tests/web.js build/web. The
 * browser is driven by chromedriver's HTTP, as W3C's WebDriver has it. */

const { execFileSync, spawn, spawnSync } = require("child_process");
const fs = require("fs");
const path = require("path");

const folder = path.resolve(process.argv[2]);
const page = "file://" + folder + "/index.html";
let passed = 0, failed = 0;

function check(good, what) {
  if (good)
    passed++;
  else
    failed++;
  if (!good)
    console.log("FAIL " + what);
}

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/* Waits until a promise of what is asked holds: half a minute at most, since
 * other programs may have the processor. */
async function until(holds) {
  for (const from = Date.now(); !await holds() && Date.now() - from < 30000;)
    await sleep(100);
}

/* ---- the file, and the bits --------------------------------------------- */

function checkFile() {
  const bytes = fs.statSync(folder + "/index.html").size;
  const text = fs.readFileSync(folder + "/index.html", "utf8");

  console.log("index.html: " + bytes + " bytes");
  check(bytes <= 300000, "the page has " + bytes + " bytes");
  check(!/(src|href)="?https?:/.test(text) && !/fetch\(|XMLHttp/.test(text),
    "the page loads something");
}

/* Losses, parameters and views of every network and every cell: what the native
 * program prints, built with RNN_NO_FMA, and what WebAssembly computes. */
function checkBits(wasm) {
  const hex = (x) => (x >>> 0).toString(16).padStart(8, "0");

  for (let k = 0; k < 7; k++)
    for (let cell = 0; cell < (k ? 6 : 4); cell++)
      for (const how of k === 3 ? [0, 1, 2] : k > 5 ? [0, 10] :
        k > 3 ? [0, 1] : [0]) {
        const all = [k, cell, 20, 0.01, 3 + cell, 25, how];
        const native = execFileSync(folder + "/live", all.map(String),
          { encoding: "utf8" });
        const status = wasm.live_open(k, cell, 20, 0.01, 3 + cell, how) ||
          wasm.live_learn(k, 25) || wasm.live_show(k);
        const here = "hash " + hex(wasm.live_hash(k, 0)) + " views " +
          hex(wasm.live_hash(k, 1));
        check(!status && native.includes(here), "network " + all.join(" ") +
          ": " + here + ", but native " + native.trim());
      }
}

/* What section 6 says of itself: where the encoder's W has a price most seeds
 * look at 中 and at 国 for China, where it has none few do. */
function checkAttention(wasm) {
  const both = (price) => {
    let n = 0;
    for (let seed = 1; seed <= 6; seed++) {
      wasm.live_open(6, 0, 32, 0.005, seed, price);
      wasm.live_learn(6, 400);
      wasm.live_show(6);
      const a = new Float32Array(wasm.memory.buffer, wasm.live_array(6, 9), 12);
      n += a[10] >= 0.25 && a[11] >= 0.25 && a[10] + a[11] >= 0.9;
    }
    return n;
  };
  const with10 = both(10), with0 = both(0);
  console.log("a_33 and a_34 are both above 0.25 for " + with10 +
    " of 6 seeds; without a price for " + with0);
  check(with10 >= 4, "few seeds look at both characters");
  check(with0 <= 1, "without a price many seeds look at both characters");
}

/* The largest networks that the page offers have room. */
function checkRoom(wasm) {
  for (let k = 1; k < 7; k++)
    for (let cell = 0; cell < 6; cell++)
      check(wasm.live_open(k, cell, 64, 0.01, 1, k === 3 ? 2 : 0) === 0 &&
        wasm.live_learn(k, 1) === 0 && wasm.live_show(k) === 0,
        "network " + k + " with cell " + cell + " has no room for 64 units");
}

/* ---- a browser ---------------------------------------------------------- */

const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
  "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--lang=en-US"];

async function openBrowser(driver) {
  const profile = fs.mkdtempSync(folder + "/profile-");
  const base = await new Promise((done, fail) => {
    let said = "";
    driver.stdout.on("data", (data) => {
      said += data;
      const port = /started successfully on port (\d+)/.exec(said);
      if (port)
        done("http://127.0.0.1:" + port[1]);
    });
    driver.on("exit", () => fail(new Error("chromedriver: " + said)));
  });
  const call = async (method, at, body) => {
    const answer = await fetch(base + at, { method,
      body: body && JSON.stringify(body) });
    const { value } = await answer.json();
    if (value && value.error)
      throw new Error(at + ": " + value.message);
    return value;
  };
  const { sessionId } = await call("POST", "/session", { capabilities: {
    alwaysMatch: { "goog:loggingPrefs": { browser: "ALL" },
      "goog:chromeOptions": { args: flags.concat("--user-data-dir=" +
        profile) } } } });
  const at = "/session/" + sessionId;
  return {
    go: (url) => call("POST", at + "/url", { url }),
    run: (script, ...args) =>
      call("POST", at + "/execute/sync", { script, args }),
    cdp: (cmd, params) =>
      call("POST", at + "/goog/cdp/execute", { cmd, params }),
    log: () => call("POST", at + "/se/log", { type: "browser" }),
    press: (value) => call("POST", at + "/actions", { actions: [{ type: "key",
      id: "keys", actions: [{ type: "keyDown", value },
        { type: "keyUp", value }] }] }),
    close: async () => {
      await call("DELETE", at);
      fs.rmSync(profile, { recursive: true, force: true });
    }
  };
}

async function setScreen(b, width, height, scheme) {
  await b.cdp("Emulation.setDeviceMetricsOverride", { width, height,
    deviceScaleFactor: 1, mobile: width < 600 });
  await b.cdp("Emulation.setEmulatedMedia", { features: [
    { name: "prefers-color-scheme", value: scheme }] });
  await sleep(300);
}

/* A picture of section i, or of the window. */
async function shoot(b, name, width, i) {
  const clip = i === undefined ? undefined : await b.run(`
    const r = live.sections[arguments[0]].node.getBoundingClientRect();
    return { x: 0, y: Math.max(0, r.y + scrollY - 12), width: arguments[1],
      height: r.height + 24, scale: 1 };`, i, width);
  const { data } = await b.cdp("Page.captureScreenshot",
    clip ? { captureBeyondViewport: true, clip } : {});
  fs.writeFileSync(folder + "/" + name + ".png",
    Buffer.from(data, "base64"));
}

const press = (b, i) => b.run(`const s = live.sections[arguments[0]];
  s.node.scrollIntoView(); s.go.click();`, i);
const state = (b, i) => b.run(`const s = live.sections[arguments[0]];
  return { updates: s.updates, running: s.running, cost: s.cost,
    status: s.status.textContent, said: s.error.textContent,
    losses: s.curves.map((c) => c.points.slice(-8).reduce((sum, p) =>
      sum + p[1] / Math.min(8, c.points.length), 0)) };`, i);

/* Each starts, and its loss (a mean of the last points) falls below this; of
 * the bottleneck, that of attention. */
const below = [0.1, 0.9, 0.35, 0.3, 0.15, 0.15];
const seconds = 60;

async function checkLearning(b) {
  for (let i = 0; i < below.length; i++) {
    await press(b, i);
    const from = Date.now();
    let s;
    do {
      await sleep(200);
      s = await state(b, i);
    } while (s.losses[s.losses.length - 1] > below[i] &&
      Date.now() - from < seconds * 1000);
    check(s.running && s.updates > 10, "network " + (i + 1) +
      " does not start: " + JSON.stringify(s));
    check(s.losses[s.losses.length - 1] <= below[i], "network " + (i + 1) +
      " does not learn: " + JSON.stringify(s));
    console.log("network " + (i + 1) + ": " + s.status + ", after " +
      ((Date.now() - from) / 1000).toFixed(1) + " s");
    await press(b, i);
    await sleep(400);
    s = await state(b, i);
    await sleep(300);
    check(!s.running && (await state(b, i)).updates === s.updates,
      "network " + (i + 1) + " does not pause");
    await shoot(b, "desktop" + (i + 1), 1280, i);
  }
}

/* What is out of sight does not train. */
async function checkSight(b) {
  await press(b, 0);
  await b.run("live.sections[5].node.scrollIntoView()");
  await sleep(500);
  const before = (await state(b, 0)).updates;
  await sleep(500);
  check((await state(b, 0)).updates === before,
    "a network that is out of sight trains");
  await press(b, 0);
}

/* The page's own hash is that of the native program. */
async function checkPageBits(b) {
  const said = await b.run(`const s = live.sections[5];
    s.bits.open = true; showBits(s);
    return [s.bitsCode.textContent, s.bitsText.textContent];`);
  const [program, ...args] = said[0].split(" ");
  const native = execFileSync(folder + "/" + path.basename(program), args,
    { encoding: "utf8" });
  const hash = /hash ([0-9a-f]{8})/.exec(native)[1];
  check(said[1].includes(hash), "the page says " + said.join(" ") +
    ", the program " + native);
  await b.run("live.sections[5].bits.open = false");
}

/* What is typed is read, and what is unknown is said. */
async function checkTyping(b) {
  await press(b, 5);
  await until(async () => (await state(b, 5)).updates >= 450);
  await press(b, 5);
  const type = (i, text) => b.run(`const s = live.sections[arguments[0]];
    s.node.scrollIntoView(); s.field.value = arguments[1];
    s.field.dispatchEvent(new Event("input"));`, i, text);
  await type(5, "她学法文");
  await sleep(500);
  const said = await b.run("return live.sections[5].said.textContent");
  check(said === "she studies French.", "她学法文 is " + said);
  await type(5, "我爱猫");
  await sleep(500);
  check((await state(b, 5)).said.includes("猫"),
    "an unknown character is not named");
  await type(5, "我爱中国");
  await sleep(500);
  check(await b.run("return live.sections[5].said.textContent") ===
    "I love China.", "我爱中国 is not: I love China.");
}

async function checkLanguage(b) {
  const heading = () => b.run("return [document.documentElement.lang," +
    "document.querySelector('h1').textContent, document.body.innerText]");
  const english = await heading();
  await b.run("document.getElementById('language').click()");
  const chinese = await heading();
  check(english[0] === "en" && chinese[0] === "zh-CN" &&
    /学习/.test(chinese[1]) && !/学习/.test(english[1]),
    "the language does not change");
  check(!/undefined|\{\w+\}/.test(english[2] + chinese[2]),
    "a text is missing");
  await b.run("live.sections[2].node.scrollIntoView()");
  await sleep(400);
  for (const i of [2, 5])
    await shoot(b, "chinese" + (i + 1), 1280, i);
  await b.run("document.getElementById('language').click()");
}

/* Tab reaches start, one update and the picture; Space and arrows work. */
async function checkKeyboard(b) {
  await b.go(page);
  await sleep(800);
  const names = [];
  for (let i = 0; i < 14; i++) {
    await b.press("\uE004");
    names.push(await b.run(`const a = document.activeElement;
      return a.localName + " " + (a.labels && a.labels[0] ?
        a.labels[0].textContent : a.textContent || a.ariaLabel);`));
    const ring = await b.run("const s = getComputedStyle(" +
      "document.activeElement); return s.outlineStyle + s.outlineWidth");
    check(/solid[^0]/.test(ring), "focus cannot be seen on " + names[i]);
    if (names[i] === "button Start" || names[i] === "button One update") {
      const { updates } = await state(b, 0);
      await b.press(" ");
      await until(async () => (await state(b, 0)).updates > updates + 5 ||
        names[i] !== "button Start");
      await sleep(400);
    }
  }
  const s = await state(b, 0);
  check(names.includes("button Start") || names.includes("button Pause"),
    "Tab does not reach start: " + names.join(", "));
  check(names.includes("button One update"), "Tab does not reach a step");
  check(s.updates > 5 && !s.running, "Space does not start, step and pause: " +
    JSON.stringify(s));
  const unit = await b.run(`const s = live.sections[1];
    s.node.scrollIntoView(); s.canvases[0].focus(); return s.unit.u;`);
  await sleep(300);
  await b.press("\uE015");
  await sleep(300);
  check(await b.run("return live.sections[1].unit.u") === unit + 1,
    "arrows do not choose a unit");
  check(await b.run(`return [...document.querySelectorAll(
    "input, select, button")].every((c) => c.textContent ||
    (c.labels.length && c.labels[0].textContent)) &&
    [...document.querySelectorAll("canvas")].every((c) =>
    c.ariaLabel || c.getAttribute("aria-label"))`),
    "a control or a picture has no name");
  check(/update|训练|paused/.test(await b.run(
    "return document.getElementById('news').textContent")),
    "nothing is announced");
}

/* A melody sounds, and its steps are followed. */
async function checkSound(b) {
  await b.run("const s = live.sections[3]; s.node.scrollIntoView();" +
    "s.play.click();");
  await sleep(1200);
  const [playing, t] = await b.run(`const s = live.sections[3];
    return [Boolean(s.playing), s.moments[s.at].t];`);
  check(playing && t > 0 && t < 6, "after a second of a melody step " + t +
    " is shown");
  await b.run("live.sections[3].play.click()");
  check(await b.run("return live.sections[3].playing === null"),
    "the melody does not stop");
}

/* Pointing at a box chooses its unit. */
async function checkPointing(b) {
  const found = await b.run(`const s = live.sections[1];
    const box = s.boxes[2], c = s.canvases[0], r = c.getBoundingClientRect();
    c.dispatchEvent(new PointerEvent("pointermove", { clientX: r.x + box.left +
      box.size * 1.5, clientY: r.y + box.top + box.size * 0.5 }));
    return s.unit.u;`);
  check(found === 1, "pointing at unit 2 chooses " + (found + 1));
}

async function checkPhone(b) {
  await setScreen(b, 375, 812, "dark");
  await b.go(page);
  await sleep(800);
  for (let i = 0; i < below.length; i++) {
    await press(b, i);
    await until(async () => (await state(b, i)).updates > 2);
    await press(b, i);
    await sleep(200);
    const wide = await b.run("return document.documentElement.scrollWidth");
    check(wide <= 375, "a phone scrolls sideways at network " + (i + 1) +
      ": " + wide);
    check((await state(b, i)).updates > 2, "network " + (i + 1) +
      " does not start on a phone");
    await shoot(b, "phone" + (i + 1), 375, i);
  }
  await b.run("scrollTo(0, 0)");
  await sleep(200);
  await shoot(b, "phone", 375);
}

async function checkBrowser(b) {
  await setScreen(b, 1280, 900, "light");
  await b.go(page);
  await sleep(1000);
  await shoot(b, "desktop", 1280);
  await b.run("Object.keys(live.measured).forEach((k) =>" +
    " { live.measured[k] = 0; })");
  await checkLearning(b);
  const m = await b.run("return live.measured");
  console.log("of " + m.frames + " frames " + m.over50 +
    " took more than 50 ms, " + m.over100 + " more than 100, the longest " +
    m.longest.toFixed(1));
  /* some wait for a processor where others are at work, too: time is held
   * against a bound only where the machine has nothing else to do */
  check(!process.env.QUIET ||
    (m.over100 <= m.frames / 100 && m.over50 <= m.frames / 20),
    "frames take long");
  await checkSight(b);
  await checkPageBits(b);
  await checkTyping(b);
  await checkLanguage(b);
  await checkKeyboard(b);
  await checkPointing(b);
  await checkSound(b);
  await checkPhone(b);
  const errors = (await b.log()).filter((e) => e.level !== "INFO" &&
    e.level !== "DEBUG");
  check(errors.length === 0, "the console says " + JSON.stringify(errors));
}

async function main() {
  const module = new WebAssembly.Module(
    fs.readFileSync(folder + "/live.wasm"));
  const wasm = new WebAssembly.Instance(module, {}).exports;

  checkFile();
  checkBits(wasm);
  checkRoom(wasm);
  checkAttention(wasm);
  if (spawnSync("chromedriver", ["--version"]).error) {
    console.log("skip: no chromedriver");
  } else {
    const driver = spawn("chromedriver", ["--port=0"]);
    let b;
    try {
      b = await openBrowser(driver);
      await checkBrowser(b);
    } catch (e) {
      check(false, e.stack);
    } finally {
      if (b)
        await b.close().catch(() => {});
      driver.kill();
    }
  }
  console.log(passed + " passed, " + failed + " failed");
  process.exit(failed ? 1 : 0);
}

main();
