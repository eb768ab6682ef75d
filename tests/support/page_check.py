#!/usr/bin/env python3
"""Opens a report in headless Chromium and looks at it as people do: on a desktop and on a phone, light and dark.

    page_check.py report.html report.json [FOLDER]      FOLDER: screenshots are left there

Checked: no message on the console, nothing asked of a network, every number equal to that of report.json, all images
loaded, nothing wider than the screen, headings, tables and drawings that a screen reader can tell, contrast, printing.
Prints one line per problem. Exit status: 0 none, 1 some, 2 could not look. Speaks W3C WebDriver; standard library only.
"""
import base64
import json
import pathlib
import re
import shutil
import subprocess
import sys
import urllib.request

SCREENS = {"desktop": (1280, 900, False), "phone": (375, 740, True)}
SCHEMES = ("light", "dark")

LOOK = r"""
const problems = [];
const tell = (what, node) => problems.push(what + ': ' + (node.outerHTML || '').slice(0, 160));
document.querySelectorAll('details').forEach(d => d.open = true);
for (const image of document.images) {
  if (!image.complete || image.naturalWidth === 0) tell('image not loaded', image);
  if (!(image.alt || '').trim()) tell('image without alt text', image);
}
for (const svg of document.querySelectorAll('svg')) {
  if (svg.getAttribute('aria-hidden') === 'true') continue;
  if (svg.getAttribute('role') !== 'img' || !svg.getAttribute('aria-label')) tell('drawing without a label', svg);
}
const headings = [...document.querySelectorAll('h1,h2,h3,h4,h5,h6')];
let level = 0;
for (const heading of headings) {
  const own = Number(heading.tagName[1]);
  if (own > level + 1) tell('heading skips a level', heading);
  if (!heading.textContent.trim()) tell('empty heading', heading);
  level = own;
}
if (document.querySelectorAll('h1').length !== 1) problems.push('not exactly one h1');
if (!document.documentElement.lang || !document.title) problems.push('no language or title');
for (const table of document.querySelectorAll('table')) {
  if (!table.caption || !table.caption.textContent.trim()) tell('table without caption', table);
  for (const head of table.querySelectorAll('th')) if (!head.scope) tell('table header without scope', head);
  for (const row of table.tBodies[0].rows) if (row.cells[0].tagName !== 'TH') tell('row without header', row);
}
for (const row of document.querySelectorAll('tr'))
  if (row.getBoundingClientRect().height > 400) tell('row taller than half a screen', row);
for (const cell of document.querySelectorAll('td.num'))
  if (/\d/.test(cell.textContent) && !cell.querySelector('[data-json]')) tell('number of unknown origin', cell);
for (const node of document.querySelectorAll('[src],link[href],script')) {
  const from = node.getAttribute('src') || node.getAttribute('href') || 'script';
  if (!from.startsWith('data:')) tell('not self-contained', node);
}
for (const link of document.querySelectorAll('a[href^="#"]'))
  if (!document.querySelector(link.getAttribute('href'))) tell('link leads nowhere', link);
if (document.documentElement.scrollWidth > window.innerWidth)
  problems.push('page is ' + document.documentElement.scrollWidth + ' wide on a screen of ' + window.innerWidth);

const rgba = text => { const m = text.match(/[\d.]+/g) || [0, 0, 0, 0]; return m.slice(0, 4).map(Number).concat(m.length < 4 ? [1] : []); };
const light = c => { const [r, g, b] = c.slice(0, 3).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const contrast = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
const paper = node => { for (let n = node; n; n = n.parentElement) { const c = rgba(getComputedStyle(n).backgroundColor); if (c[3] > 0.99) return c; } return [255, 255, 255, 1]; };
let measured = 0;
for (const node of document.querySelectorAll('body *')) {
  if (![...node.childNodes].some(child => child.nodeType === 3 && child.textContent.trim())) continue;
  if (node.tagName.toLowerCase() === 'title' || node.getClientRects().length === 0) continue;
  const style = getComputedStyle(node), drawn = node instanceof SVGElement;
  const ink = rgba(drawn ? style.fill : style.color);
  const under = drawn && node.previousElementSibling && node.classList.contains('count')
      ? rgba(getComputedStyle(node.previousElementSibling).fill) : paper(node);
  const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  const found = contrast(ink, under);
  ++measured;
  if (found < (large ? 3 : 4.5)) tell('contrast ' + found.toFixed(2), node);
}
const numbers = [...document.querySelectorAll('[data-json]')].map(
    n => [n.dataset.json, n.textContent, Number(n.dataset.digits || 0)]);
const cells = [...document.querySelectorAll('[data-cell]')].map(
    n => [n.dataset.cell, n.querySelector('title').textContent]);
return {problems, numbers, cells, measured};
"""


class Browser:
    def __init__(self, driver, chromium):
        self.process = subprocess.Popen([driver, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.session = None
        for line in self.process.stdout:
            if found := re.search(r"successfully on port (\d+)", line):
                self.base = f"http://127.0.0.1:{found.group(1)}"
                break
        else:
            raise RuntimeError("chromedriver did not start")
        answer = self.ask("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
            "goog:chromeOptions": {"binary": chromium, "args": [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                "--host-resolver-rules=MAP * ~NOTFOUND"]}}}})
        self.session = f"/session/{answer['sessionId']}"

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=120) as answer:
            return json.load(answer)["value"]

    def post(self, path, **body):
        return self.ask("POST", self.session + path, body)

    def cdp(self, command, **params):
        return self.post("/goog/cdp/execute", cmd=command, params=params)

    def log(self, kind):
        return self.post("/se/log", type=kind)

    def close(self):
        try:
            if self.session:
                self.ask("DELETE", self.session)
        finally:
            self.process.terminate()
            self.process.wait()


def at_pointer(value, pointer):
    for part in pointer.split("/")[1:]:
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def number_problem(report, pointer, text, digits):
    try:
        wanted = at_pointer(report, pointer)
    except (KeyError, IndexError, ValueError):
        return f"{pointer} is not in report.json"
    if not isinstance(wanted, (int, float)) or isinstance(wanted, bool):
        return f"{pointer} is {wanted!r} in report.json, no number"
    shown = float(text.replace(",", ""))
    same = shown == wanted if not digits else f"{wanted:.{digits}g}" == f"{shown:.{digits}g}"
    return None if same else f"{pointer}: the page says {text}, report.json {wanted}"


def cell_problem(report, pointer, title):
    cell = at_pointer(report, pointer)
    wanted = f": {cell['complete']} of {cell['expected']} complete"
    for key, word in (("missing", "missing"), ("damaged", "damaged"), ("unusable", "mismatched or stale"),
                      ("unknown", "unknown")):
        if key in cell:
            wanted += f", {cell[key]} {word}"
    return None if title.endswith(wanted) else f"{pointer}: the map says {title!r}, report.json{wanted}"


def look(browser, page, report, name, screen, scheme, shots):
    width, height, phone = screen
    browser.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)
    browser.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.post("/url", url=page.as_uri())
    if shots:
        length = browser.post("/execute/sync", script="return document.documentElement.scrollHeight", args=[])
        for part, top in enumerate(range(0, length, 1500)):
            picture = browser.cdp("Page.captureScreenshot", captureBeyondViewport=True, clip={
                "x": 0, "y": top, "width": width, "height": min(1500, length - top), "scale": 1})
            (shots / f"{name}-{scheme}-{part:02}.png").write_bytes(base64.b64decode(picture["data"]))
    found = browser.post("/execute/sync", script=LOOK, args=[])
    problems = list(found["problems"])
    if found["measured"] < 20 or len(found["numbers"]) < 10:
        problems.append(f"only {found['measured']} texts and {len(found['numbers'])} numbers were found to look at")
    problems += [p for entry in found["numbers"] if (p := number_problem(report, *entry))]
    problems += [p for entry in found["cells"] if (p := cell_problem(report, *entry))]
    problems += [f"console: {entry['message']}" for entry in browser.log("browser")]
    for entry in browser.log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            url = message["params"]["request"]["url"]
            if url.split("#")[0] != page.as_uri() and not url.startswith("data:"):
                problems.append(f"asks for {url[:120]}")
    return [f"{name}, {scheme}: {problem}" for problem in problems]


def main():
    page, report_file = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    shots = pathlib.Path(sys.argv[3]) if len(sys.argv) > 3 else None
    driver, chromium = shutil.which("chromedriver"), shutil.which("chromium")
    if not driver or not chromium:
        print("page_check: chromium and chromedriver are needed; scripts/setup.sh installs them")
        return 2
    report = json.loads(report_file.read_text())
    if shots:
        shots.mkdir(parents=True, exist_ok=True)
    browser = Browser(driver, chromium)
    try:
        problems = [p for name, screen in SCREENS.items() for scheme in SCHEMES
                    for p in look(browser, page, report, name, screen, scheme, shots)]
        paper = base64.b64decode(browser.cdp("Page.printToPDF", printBackground=True)["data"])
        if shots:
            (shots / "print.pdf").write_bytes(paper)
        if not paper.startswith(b"%PDF"):
            problems.append("cannot be printed")
    finally:
        browser.close()
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
