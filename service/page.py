"""The frame of the console: its style, the form that asks for a key, and the script behind it."""

import base64
import hashlib
from string import Template

from starlette.responses import HTMLResponse

SCRIPT = """
const main = document.querySelector("main");
const sayings = {
  403: "This key may not read circles. Ask for one with the scope `read`.",
  429: "Too many calls with this key. Wait a little and try again.",
};
async function problemOf(answer) {
  const problem = await answer.json().catch(() => ({}));
  return sayings[answer.status] ?? problem.detail ?? "The server failed. Try again later.";
}
async function ask(key) {
  if (!/^[\\x21-\\x7e]+$/.test(key)) return "This is no key. Copy it whole, from `cot_` on.";
  const answer = await fetch("/", {headers: {Authorization: "Bearer " + key}}).catch(() => null);
  if (!answer) return "The server does not answer. Is it still running?";
  if (!answer.ok) return problemOf(answer);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  main.replaceChildren(...page.querySelector("main").childNodes);
  main.focus();
}
document.querySelector("form").addEventListener("submit", async event => {
  event.preventDefault();
  const {key, show} = event.target.elements;
  const wrong = document.querySelector("#wrong");
  show.disabled = true;
  wrong.textContent = "";
  wrong.textContent = await ask(key.value.trim()) ?? "";
  show.disabled = false;
  key.focus();
});
"""
STYLE = """
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem }
main:focus { outline: none }
form { display: flex; flex-wrap: wrap; gap: .5rem; align-items: end }
label { flex: 1 1 16rem; max-width: 32rem }
input { box-sizing: border-box; width: 100% }
input, button { font: inherit; padding: .4rem .6rem }
#wrong { color: light-dark(#a40000, #ff9c9c); flex-basis: 100%; margin: 0; min-height: 1.5em }
table { border-collapse: collapse; width: 100% }
th, td { border-bottom: 1px solid #8886; padding: .4rem; text-align: left; vertical-align: top }
thead th { position: sticky; top: 0; background: Canvas }
tbody th { font-weight: inherit; overflow-wrap: anywhere }
small { color: light-dark(#555, #bbb); display: block }
h2 small { display: inline; font-weight: normal }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums }
@media (max-width: 40rem) {
  thead { display: block; position: absolute; width: 1px; height: 1px; overflow: hidden;
    clip-path: inset(50%) }
  tr { display: grid; grid-template-columns: 4fr 5fr 5fr 5fr; border-bottom: 1px solid #8886 }
  tbody th { grid-column: 1 / -1; padding-bottom: 0 }
  th, td { border: 0; padding: .2rem }
  .number { text-align: left; white-space: normal }
  td::before { content: attr(data-what); display: block; font-size: .8rem }
}
"""
PAGE = Template(
    """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Coterie</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><style>$style</style></head>
<body><h1>Coterie</h1>
<main tabindex="-1">$main</main>
<p>For programs: <a href="/docs">all calls</a>,
<a href="/openapi.json">the same as OpenAPI</a></p>$script</body></html>
"""
)
ASK_FOR_KEY = """<form><label>API key
<input name="key" type="password" required autofocus autocomplete="current-password"
 aria-describedby="wrong whence"></label>
<button name="show">Show circles</button>
<p id="wrong" role="alert"></p></form>
<p id="whence"><small>The first <code>coterie serve</code> prints a key;
<code>coterie keys create --scope read --name NAME</code> makes another.
The page forgets it when it is left.</small></p>"""


def page(main: str) -> HTMLResponse:
    """Frame the page; the browser runs nothing."""
    return framed(main, "")


def key_page() -> HTMLResponse:
    """Ask for a key; the browser may run the script that sends it, and nothing else."""
    return framed(ASK_FOR_KEY, SCRIPT)


def framed(main: str, script: str) -> HTMLResponse:
    """Frame the page, and name its script to the browser by its digest."""
    tag = f"<script>{script}</script>" if script else ""
    html = PAGE.substitute(style=STYLE, main=main, script=tag)
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; connect-src 'self'; img-src data:; "
        f"script-src 'sha256-{digest_of(script)}'; form-action 'none'; frame-ancestors 'none'"
    )
    return HTMLResponse(html, headers={"Content-Security-Policy": policy})


def digest_of(script: str) -> str:
    """The name by which a policy for contents lets the browser run a script, and no other."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
