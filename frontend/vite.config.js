import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  publicDir: false,
  test: { include: ["tests/**/*.test.ts"], environment: "node" },
});
