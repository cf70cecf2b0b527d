// Bundles, minifies, hashes and compresses what the browser loads.
//
//   node build.mjs OUT_FOLDER
//
// Everything in OUT_FOLDER is replaced. One line per file goes to standard output, tab separated:
// name, file in OUT_FOLDER, content type, hash. Beside a file lie its `.br` and `.gz` forms where those are
// smaller. The crate's build script runs this and embeds the result.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, extname, join, basename } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const outFolder = process.argv[2];
if (!outFolder) {
  console.error("usage: node build.mjs OUT_FOLDER");
  process.exit(2);
}

const types = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

const { dependencies } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
const licences = `/*! With ${Object.entries(dependencies).map((pair) => pair.join(" ")).join(" and ")}: MIT, Chris McCord and contributors. */`;

/** Bundles one entry point and returns its bytes. */
async function bundle(entry, banner = {}) {
  const result = await build({
    entryPoints: [join(here, entry)],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    charset: "utf8",
    // Nothing newer than the newest thing the style sheet needs (`light-dark()`), so no code is lowered for nobody.
    target: ["chrome123", "firefox121", "safari17.5"],
    legalComments: "eof",
    banner,
    logLevel: "warning",
  });
  return result.outputFiles[0].contents;
}

const files = [
  ["app.js", await bundle("js/app.js", { js: licences })],
  ["theme.js", await bundle("js/theme.js")],
  ["app.css", await bundle("css/app.css")],
  ["favicon.svg", readFileSync(join(here, "img/favicon.svg"))],
];

rmSync(outFolder, { recursive: true, force: true });
mkdirSync(outFolder, { recursive: true });

for (const [name, bytes] of files) {
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
  const extension = extname(name);
  const file = `${basename(name, extension)}-${hash}${extension}`;
  writeFileSync(join(outFolder, file), bytes);
  const smaller = {
    ".br": brotliCompressSync(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
    }),
    ".gz": gzipSync(bytes, { level: 9 }),
  };
  for (const [suffix, compressed] of Object.entries(smaller)) {
    if (compressed.length < bytes.length) writeFileSync(join(outFolder, file + suffix), compressed);
  }
  console.log([name, file, types[extension], hash].join("\t"));
}
