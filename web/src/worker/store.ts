/** The page's private files (OPFS). Writing ends with the bytes on the disk. */
export class Store {
  private folder: Promise<FileSystemDirectoryHandle> | undefined;

  /** All bytes of a file, or null where there is none. */
  async read(name: string): Promise<Uint8Array | null> {
    try {
      const handle = await (await this.open()).getFileHandle(name);
      return new Uint8Array(await (await handle.getFile()).arrayBuffer());
    } catch (error) {
      if ((error as DOMException).name === "NotFoundError") return null;
      throw error;
    }
  }

  async write(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const handle = await (await this.open()).getFileHandle(name, { create: true });
    const file = await handle.createSyncAccessHandle();
    try {
      file.truncate(0);
      for (let at = 0; at < bytes.length;) at += file.write(bytes.subarray(at), { at });
      file.flush();
    } finally {
      file.close();
    }
  }

  async remove(name: string): Promise<void> {
    try {
      await (await this.open()).removeEntry(name);
    } catch (error) {
      if ((error as DOMException).name !== "NotFoundError") throw error;
    }
  }

  async list(): Promise<string[]> {
    const names: string[] = [];
    for await (const name of (await this.open()).keys()) names.push(name);
    return names;
  }

  private open(): Promise<FileSystemDirectoryHandle> {
    this.folder ??= navigator.storage
      .getDirectory()
      .then((root) => root.getDirectoryHandle("pixelda-wgpu", { create: true }));
    return this.folder;
  }
}
