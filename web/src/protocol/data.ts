// Where images come from, and what they are.

/** Where the images of a domain come from. */
export type DataSource =
  /** A set that the core generates: a name of `Ready.sets`. */
  | { kind: "builtin"; name: string }
  /**
   * What a person dropped. One ZIP; or idx files of images and labels, gzipped
   * or not; or the images of a folder with their paths, `class/image` and
   * optionally `train/` and `test/` above. `name` is shown and hashed nowhere.
   */
  | { kind: "files"; name: string; files: DroppedFile[] }
  /** A packed set (.pxds) of `pixelda-wgpu datasets pack`, beside the page. */
  | { kind: "packed"; url: string };

export interface DroppedFile {
  path: string;
  file: Blob;
}

/** Images of one size, rows of interleaved 8-bit channels (1 grey, 3 RGB, 4 RGB and depth). */
export interface Images {
  count: number;
  width: number;
  height: number;
  channels: number;
  pixels: Uint8Array;
}

/** What a data set holds, to be looked at before training. */
export interface DataInfo {
  name: string;
  train: number;
  valid: number;
  test: number;
  width: number;
  height: number;
  channels: number;
  /** Empty where the images have no labels. */
  classes: string[];
}

export interface DataPreview {
  data: DataInfo;
  images: Images;
  /** Indices into `data.classes`; empty without labels. */
  labels: number[];
}
