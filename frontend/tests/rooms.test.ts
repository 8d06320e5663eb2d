/** The order of the rooms in src/: who imports from above, or in a circle, fails here. */
import { expect, test } from "vitest";

/** From the ground up: files of a room import from it and from those before it. */
const ROOMS = ["shared", "game", "gl", "controls", "viewing", "downloads", "tutorial", "play", "answering"];
/** On top of them: the other pages, none of which imports from another. */
const PAGES = ["reveal", "replay", "profile", "judging", "questionnaire", "research", "start"];

/** By the path of a module under src/, without its ending: the modules that it imports. */
type Imports = ReadonlyMap<string, readonly string[]>;

const SOURCES = import.meta.glob<string>("../src/**/*.{ts,tsx}", { query: "?raw", import: "default", eager: true });

/** The module that `specifier` names in a file of `folder`. */
function resolved(folder: string, specifier: string): string {
  return new URL(specifier, `file:///${folder}/`).pathname.slice(1);
}

function importsOf(path: string, source: string): string[] {
  const folder = path.slice(0, path.lastIndexOf("/"));
  const specifiers = [...source.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map(
    ([, specifier = ""]) => specifier,
  );
  return specifiers.filter((specifier) => !/\.(css|json)$/.test(specifier)).map((each) => resolved(folder, each));
}

function readImports(sources: Readonly<Record<string, string>>): Imports {
  return new Map(
    Object.entries(sources).map(([file, source]) => {
      const path = file.replace("../src/", "").replace(/\.tsx?$/, "");
      return [path, importsOf(path, source)];
    }),
  );
}

function room(path: string): string {
  return path.slice(0, path.indexOf("/"));
}

function mayImport(from: string, to: string): boolean {
  if (from === to) return true;
  return PAGES.includes(from) ? ROOMS.includes(to) : ROOMS.slice(0, ROOMS.indexOf(from)).includes(to);
}

function upwardImports(imports: Imports): string[] {
  return [...imports].flatMap(([from, targets]) =>
    targets.filter((to) => !mayImport(room(from), room(to))).map((to) => `${from} imports ${to}`),
  );
}

/** A circle of modules, from one of them back to itself; empty where there is none. */
function findCircle(imports: Imports): string[] {
  const finished = new Set<string>();
  const visit = (path: string, way: readonly string[]): string[] => {
    if (way.includes(path)) return [...way.slice(way.indexOf(path)), path];
    if (finished.has(path)) return [];
    for (const next of imports.get(path) ?? []) {
      const circle = visit(next, [...way, path]);
      if (circle.length > 0) return circle;
    }
    finished.add(path);
    return [];
  };
  for (const path of imports.keys()) {
    const circle = visit(path, []);
    if (circle.length > 0) return circle;
  }
  return [];
}

const IMPORTS = readImports(SOURCES);

test("each module stands in a room, and imports only what exists", () => {
  const rooms = [...ROOMS, ...PAGES];
  expect([...IMPORTS.keys()].filter((path) => !rooms.includes(room(path)))).toEqual([]);
  expect([...IMPORTS.values()].flat().filter((path) => !IMPORTS.has(path))).toEqual([]);
});

test("no module imports from a room above its own", () => {
  expect(upwardImports(IMPORTS)).toEqual([]);
});

test("no modules import each other in a circle", () => {
  expect(findCircle(IMPORTS)).toEqual([]);
});

test("an import from above, and one from page to page, would be found", () => {
  const planted = readImports({
    "../src/shared/texts.ts": 'import { Session } from "../play/session";',
    "../src/replay/Page.tsx": 'import type { Card } from "../profile/Card";\nimport { texts } from "../shared/texts";',
  });
  expect(upwardImports(planted)).toEqual(["shared/texts imports play/session", "replay/Page imports profile/Card"]);
});

test("a circle would be found, of types too", () => {
  const planted = readImports({
    "../src/play/a.ts": 'import { b } from "./editor/b";',
    "../src/play/editor/b.tsx": 'import type { c } from "../c";',
    "../src/play/c.ts": 'import "./a";',
  });
  expect(findCircle(planted)).toEqual(["play/a", "play/editor/b", "play/c", "play/a"]);
});
