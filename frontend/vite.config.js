import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  publicDir: false,
  test: {
    include: ["tests/**/*.test.ts"],
    environment: "node",
    // A process and the modules anew for each file take three times as long. `unstubGlobals` takes back what one leaves.
    pool: "threads",
    isolate: false,
    unstubGlobals: true,
  },
});
