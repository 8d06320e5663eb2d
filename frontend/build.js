/**
 * Builds each entry into one self-contained ES module and its style sheet, under fixed names: Django hashes the names
 * of static files itself, and would not rewrite the imports of shared chunks.
 *
 * `node build.js` builds the pages' entries into dist/; `node build.js harness DIRECTORY` builds what the browser tests
 * and the benchmark load.
 */
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const PAGES = {
  play: "src/play/main.tsx",
  reveal: "src/reveal/main.tsx",
  profile: "src/profile/main.tsx",
  replay: "src/replay/main.tsx",
  judging: "src/judging/main.tsx",
  questionnaire: "src/questionnaire/main.tsx",
  upload: "src/research/upload.ts",
  desk: "src/research/desk.ts",
  events: "src/research/events.ts",
  keys: "src/research/keys.ts",
  finished: "src/downloads/finished.tsx",
  landing: "src/start/landing.ts",
  consent: "src/start/consent.ts",
};
const HARNESS = { harness: "tests/harness.ts", stand: "tests/stand.tsx" };

const [, , only, directory] = process.argv;
const entries = only === "harness" ? HARNESS : PAGES;
const outDir = directory ?? fileURLToPath(new URL("dist", import.meta.url));
rmSync(outDir, { recursive: true, force: true });
for (const [name, entry] of Object.entries(entries)) {
  await build({
    root: import.meta.dirname,
    logLevel: "warn",
    build: {
      outDir,
      emptyOutDir: false,
      modulePreload: { polyfill: false },
      // The page of a questionnaire brings all of SurveyJS along, and no other page does.
      chunkSizeWarningLimit: 1600,
      rolldownOptions: {
        input: { [name]: entry },
        // htmx has an eval that its configuration forbids, as the content security policy does.
        checks: { eval: false },
        output: { entryFileNames: "[name].js", assetFileNames: `${name}[extname]` },
      },
    },
  });
}
