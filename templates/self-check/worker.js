// Runs Python beside the page, so that the page stays at hand and a file that never ends can be given up.
const unpacked = (packed) => {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
};
const module_ = (source) => import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));

let python, check;

const start = async (packed) => {
  const names = Object.keys(packed);
  const contents = await Promise.all(names.map((name) => unpacked(packed[name])));
  const parts = Object.fromEntries(names.map((name, number) => [name, contents[number]]));
  // Pyodide asks for two files; both are here, and nothing else is to be had
  globalThis.fetch = async (address) => {
    const name = String(address.url || address);
    if (name.endsWith("pyodide.asm.wasm")) {
      return new Response(parts.wasm, { headers: { "content-type": "application/wasm" } });
    }
    if (name.endsWith("python_stdlib.zip")) return new Response(parts.library);
    throw new Error(`nothing is fetched: ${name}`);
  };
  const [{ loadPyodide }, { default: createPyodideModule }] = await Promise.all([
    module_(parts.loader), module_(parts.machine),
  ]);
  const none = { info: { abi_version: "2026_0", arch: "wasm32", platform: "emscripten_5_0_3", python: "3.14.2" }, packages: {} };
  python = await loadPyodide({
    indexURL: "https://nowhere.invalid/", createPyodideModule, lockFileContents: none,
    stdout: () => {}, stderr: () => {},
  });
  python.unpackArchive(parts.packages, "zip", { extractDir: "/site" });
  python.unpackArchive(parts.ours, "zip", { extractDir: "/site" });
  check = python.runPython(`
import sys
sys.path.insert(0, "/site")
sys.dont_write_bytecode = True
from pathlib import Path
from xlkpi.selfcheck.inside import SelfCheck
page = SelfCheck(Path("/site/issue"))
page.issue
page`);
};

onmessage = async ({ data: { packed, name, bytes, late, figures } }) => {
  try {
    if (packed) {
      await start(packed);
      postMessage({ ready: true });
    } else if (bytes) {
      postMessage({ checked: check.check(name, python.toPy(bytes)) });
    } else if (late !== undefined) {
      postMessage({ checked: check.gave_up.callKwargs(name, { late }) });
    } else {
      postMessage({ tried: check.what_if(figures) });
    }
  } catch (error) {
    postMessage({ failed: String(error) });
  }
};
