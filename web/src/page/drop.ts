import type { DataSource, DroppedFile } from "../protocol.js";

/** What a person dropped or chose, as a data source; a folder is read to its leaves. */
export async function fromDrop(transfer: DataTransfer): Promise<DataSource> {
  // Entries have to be taken before the first await: the list is emptied then.
  const entries = [...transfer.items].map((i) => i.webkitGetAsEntry()).filter((e) => e !== null);
  const files: DroppedFile[] = [];
  for (const entry of entries) await collect(entry, files);
  return fromFiles(files);
}

/** The files of an <input type=file>. */
export function fromInput(list: FileList): DataSource {
  return fromFiles([...list].map((file) => ({ path: file.webkitRelativePath || file.name, file })));
}

async function collect(entry: FileSystemEntry, files: DroppedFile[]): Promise<void> {
  if (entry instanceof FileSystemFileEntry) {
    const file = await new Promise<File>((done, failed) => entry.file(done, failed));
    files.push({ path: entry.fullPath.replace(/^\//, ""), file });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // it hands out a hundred at a time
    const some = await new Promise<FileSystemEntry[]>((done, failed) => reader.readEntries(done, failed));
    if (some.length === 0) return;
    for (const e of some) await collect(e, files);
  }
}

/** Names the source, and takes the common folder off the paths. */
function fromFiles(all: DroppedFile[]): DataSource {
  const files = all.filter((f) => !f.path.split("/").some((part) => part.startsWith(".") || part === "__MACOSX"));
  const first = files[0]?.path.split("/") ?? [];
  const root = first.length > 1 && files.every((f) => f.path.startsWith(`${first[0]}/`)) ? (first[0] ?? "") : "";
  return {
    kind: "files",
    name: root || (files.length === 1 ? (files[0]?.path ?? "") : `${files.length} files`),
    files: root ? files.map((f) => ({ ...f, path: f.path.slice(root.length + 1) })) : files,
  };
}

/** A source's name for people. */
export function sourceName(s: DataSource): string {
  return s.kind === "packed" ? s.url : s.name;
}

/** The source that a configuration or link names: a packed set by its ending, otherwise a built-in one. */
export function namedSource(name: string): DataSource {
  return name.endsWith(".pxds") ? { kind: "packed", url: name } : { kind: "builtin", name };
}
