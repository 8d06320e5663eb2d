/**
 * Builds each entry into one self-contained ES module and its style sheet, under fixed names: Django hashes the names
 * of static files itself, and would not rewrite the imports of shared chunks.
 *
 * `node build.js` builds the pages' entries into dist/; `node build.js harness` builds what the browser tests load
 * into dist-test/.
 */
import { rmSync } from "node:fs";
import { build } from "vite";

const PAGES = { play: "src/main.tsx", upload: "src/upload.ts" };
const HARNESS = { harness: "tests/harness.ts" };

const forTests = process.argv[2] === "harness";
const outDir = forTests ? "dist-test" : "dist";
rmSync(new URL(outDir, import.meta.url), { recursive: true, force: true });
for (const [name, entry] of Object.entries(forTests ? HARNESS : PAGES)) {
  await build({
    root: import.meta.dirname,
    logLevel: "warn",
    build: {
      outDir,
      emptyOutDir: false,
      modulePreload: { polyfill: false },
      rolldownOptions: {
        input: { [name]: entry },
        output: { entryFileNames: "[name].js", assetFileNames: `${name}[extname]` },
      },
    },
  });
}
