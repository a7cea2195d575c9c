// Writes the TypeScript types of messages as lines, as wasm/schema writes the Go types: it says what
// the lines are.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { API, SymbolFlags, TypeFlags } from "typescript/unstable/sync";

const web = dirname(dirname(fileURLToPath(import.meta.url)));

/** The types of all messages, and the files that declare them. */
const messages = {
  ToWorker: "src/protocol.ts",
  FromWorker: "src/protocol.ts",
  ToGallery: "src/page/gallery-messages.ts",
  FromGallery: "src/page/gallery-messages.ts",
};

const arrays = { Uint8Array: "bytes", Blob: "bytes", Float32Array: "floats" };
const scalars = [
  [TypeFlags.String, "string"],
  [TypeFlags.Number, "number"],
  [TypeFlags.Null, "null"],
  [TypeFlags.Undefined, "undefined"],
];

/** The sorted lines of all messages. `replaced` has texts to take in place of those of files, by path. */
export function lines(replaced = new Map()) {
  const api = new API({ cwd: web, fs: { readFile: (file) => replaced.get(file) } });
  try {
    const config = join(web, "tsconfig.json");
    const { program, checker } = api.updateSnapshot({ openProjects: [config] }).getProject(config);
    const writer = new Writer(checker);
    for (const [name, path] of Object.entries(messages)) {
      const file = join(web, path);
      const errors = program.getSemanticDiagnostics(file);
      if (errors.length > 0) throw new Error(`${path}: ${errors[0].text}`);
      const declared = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file)));
      writer.value(name, checker.getDeclaredTypeOfSymbol(declared.find((s) => s.name === name)));
    }
    return [...writer.lines].sort();
  } finally {
    api.close();
  }
}

class Writer {
  lines = new Set();

  constructor(checker) {
    this.checker = checker;
  }

  /** Writes what may stand at a place. An optional field may be undefined besides. */
  value(place, type, optional = false) {
    let all = type.isUnionType() ? [...type.getTypes()] : [type];
    if (optional) all = all.filter((t) => !(t.flags & TypeFlags.Undefined));
    const objects = [];
    for (const t of all) {
      const scalar = scalars.find(([flag]) => t.flags & flag);
      const array = arrays[t.getSymbol()?.name];
      if (t.flags & TypeFlags.StringLiteral) this.say(place, JSON.stringify(t.value));
      else if (t.flags & (TypeFlags.Boolean | TypeFlags.BooleanLiteral)) this.say(place, "boolean");
      else if (scalar) this.say(place, scalar[1]);
      else if (array) this.say(place, array);
      else if (this.checker.isArrayType(t)) {
        this.say(place, "array");
        this.value(`${place}[]`, this.checker.getTypeArguments(t)[0]);
      } else if (t.flags & (TypeFlags.Object | TypeFlags.Intersection)) objects.push(t);
      else throw new Error(`${place}: ${this.checker.typeToString(t)} has no form in a message`);
    }
    for (const t of objects) this.object(objects.length > 1 ? `${place}<${this.title(t)}>` : place, t);
  }

  object(place, type) {
    const fields = this.checker.getPropertiesOfType(type);
    const index = this.checker.getIndexInfosOfType(type)[0]?.valueType;
    const open = index && index.flags & TypeFlags.Unknown;
    this.say(place, index && !open ? "map" : "object");
    if (open) this.say(place, "open");
    else if (index) this.value(`${place}{}`, index);
    for (const field of fields) {
      const optional = (field.flags & SymbolFlags.Optional) !== 0;
      this.value(`${place}.${field.name}${optional ? "?" : ""}`, this.checker.getTypeOfSymbol(field), optional);
    }
  }

  /** What tells an object apart from others: fields of one value, or else its fields. */
  title(type) {
    const fields = this.checker.getPropertiesOfType(type).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const values = fields.map((f) => this.checker.getTypeOfSymbol(f)).filter((t) => t.flags & TypeFlags.StringLiteral);
    return values.length > 0 ? values.map((t) => t.value).join(",") : fields.map((f) => f.name).join(",");
  }

  say(place, what) {
    this.lines.add(`${place} ${what}`);
  }
}

/** What either side lacks: lines of Go with "- " before them, and of TypeScript with "+ ". */
export function differences(go, typescript) {
  const places = (all) => all.map((line) => line.slice(0, line.indexOf(" ")));
  const open = places(go.filter((line) => line.endsWith(" open") && typescript.includes(line)));
  const named = new Set(places(typescript).map((place) => place.replaceAll("?", "")));
  // Of an open object, TypeScript names some fields only.
  const unnamed = (place) =>
    open.some((object) => {
      if (!place.startsWith(`${object}.`)) return false;
      const [field] = place.slice(object.length + 1).split(/[.?[{<]/, 1);
      return !named.has(`${object}.${field}`.replaceAll("?", ""));
    });
  return [
    ...go.filter((line) => !typescript.includes(line) && !unnamed(places([line])[0])).map((line) => `- ${line}`),
    ...typescript.filter((line) => !go.includes(line)).map((line) => `+ ${line}`),
  ];
}

/** What messages may be, by their lines. */
export class Contract {
  #places = new Map();
  #members = new Map();

  constructor(lines) {
    for (const line of lines) {
      const at = line.indexOf(" "),
        place = line.slice(0, at);
      this.#places.set(place, (this.#places.get(place) ?? new Set()).add(line.slice(at + 1)));
    }
  }

  /** Where a value is not what may stand at a place. Typed arrays in it are { $array: their class }. */
  strays(place, value) {
    const may = this.#places.get(place) ?? new Set();
    const unless = (...all) => (all.some((what) => may.has(what)) ? [] : [`${place} is ${JSON.stringify(value)}`]);
    if (value === null) return unless("null");
    if (typeof value === "string") return unless("string", JSON.stringify(value));
    if (typeof value !== "object") return unless(typeof value);
    if ("$array" in value) return unless(arrays[value.$array]);
    if (Array.isArray(value)) return [...unless("array"), ...value.flatMap((v) => this.strays(`${place}[]`, v))];
    const objects = may.has("object") || may.has("map") ? [place] : this.#named(place, /^<[^<>]*>$/);
    const meant = objects.filter((object) => this.#isCalled(object, value));
    const found = (meant.length > 0 ? meant : objects).map((object) => this.#object(object, value));
    return found.sort((a, b) => a.length - b.length)[0] ?? unless("object");
  }

  /** Whether fields that can have one value only have it. */
  #isCalled(place, value) {
    return [...this.#fields(place)].every(([name, path]) => {
      const [what, ...more] = this.#places.get(path) ?? [];
      return !what?.startsWith('"') || more.length > 0 || what === JSON.stringify(value[name]);
    });
  }

  /** The places of an object's fields, by their names. */
  #fields(place) {
    return new Map(
      this.#named(place, /^\.[^.?[{<]+\??/).map((path) => [path.slice(place.length + 1).replace("?", ""), path]),
    );
  }

  #object(place, value) {
    const may = this.#places.get(place),
      fields = this.#fields(place);
    const missing = [...fields]
      .filter(([name, path]) => !(name in value) && !path.endsWith("?"))
      .map(([, path]) => `${path} is missing`);
    return missing.concat(
      Object.entries(value).flatMap(([name, v]) => {
        if (fields.has(name)) return this.strays(fields.get(name), v);
        if (may.has("map")) return this.strays(`${place}{}`, v);
        return may.has("open") ? [] : [`${place}.${name} is not known`];
      }),
    );
  }

  /** The places that begin with one and go on in a certain way, up to there. */
  #named(place, how) {
    const key = `${place} ${how}`;
    if (!this.#members.has(key)) {
      const all = [...this.#places.keys()]
        .filter((p) => p.startsWith(place))
        .map((p) => p.slice(place.length).match(how)?.[0]);
      this.#members.set(
        key,
        [...new Set(all)].filter((rest) => rest !== undefined).map((rest) => place + rest),
      );
    }
    return this.#members.get(key);
  }
}
