/** Where a photo stands in its room: how large, and which part of it is seen. Lengths are device pixels. */

/** How one looks at a photo. */
export interface View {
  /** Device pixels to a pixel of the preview; null is as large as the photo fits into the room. */
  readonly scale: number | null;
  /** What stands in the middle of the room, in shares of the photo's width and height. */
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A part of a photo in shares of its width and height: left, top, right, bottom. */
export type Area = readonly [number, number, number, number];

/** A view in a room: what of the photo is seen, and where. Whole device pixels, so that 1:1 is exact. */
export interface Frame extends Size {
  readonly left: number;
  readonly top: number;
  /** The part seen. */
  readonly area: Area;
  readonly scale: number;
}

/** The size, in whole pixels, of a photo whose longer side is brought down to `edge`. */
export function scaledTo(edge: number, { width, height }: Size): [number, number] {
  const scale = Math.min(1, edge / Math.max(width, height));
  return [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
}

export const FIT: View = { scale: null, x: 0.5, y: 0.5 };

/** So many device pixels to a pixel of the preview are enough for any eye. */
const LARGEST = 8;

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));

export function fitScale(room: Size, photo: Size): number {
  return Math.min(room.width / photo.width, room.height / photo.height);
}

/** One axis: what of a picture of that length is seen through the room, `center` in the middle as far as it goes. */
function along(room: number, picture: number, center: number) {
  const length = Math.max(1, Math.round(picture));
  if (length <= room) return { at: Math.floor((room - length) / 2), length, from: 0, to: 1 };
  const start = clamp(Math.round(center * picture - room / 2), 0, length - room);
  return { at: 0, length: room, from: start / picture, to: Math.min(1, (start + room) / picture) };
}

export function frameOf(view: View, room: Size, photo: Size): Frame {
  const scale = view.scale ?? fitScale(room, photo);
  const across = along(room.width, photo.width * scale, view.x);
  const down = along(room.height, photo.height * scale, view.y);
  return {
    left: across.at,
    top: down.at,
    width: across.length,
    height: down.length,
    area: [across.from, down.from, across.to, down.to],
    scale,
  };
}

/** The view of that scale which keeps what is seen at a point of the room in its place. Not below the whole photo. */
export function zoomAt(view: View, room: Size, photo: Size, scale: number, [x, y]: readonly [number, number]): View {
  const fit = fitScale(room, photo);
  // A view that came to rest beside an edge is held there first: what one sees is what stays.
  const { left, top, width, height, area } = frameOf(view, room, photo);
  const target = Math.min(scale, Math.max(LARGEST, 4 * fit));
  if (target <= fit * 1.001) return FIT;
  const under = {
    x: area[0] + ((x - left) / width) * (area[2] - area[0]),
    y: area[1] + ((y - top) / height) * (area[3] - area[1]),
  };
  return settled(
    {
      scale: target,
      x: under.x - (x - room.width / 2) / (photo.width * target),
      y: under.y - (y - room.height / 2) / (photo.height * target),
    },
    room,
    photo,
  );
}

/** The view after the photo was moved by so much. */
export function moved(view: View, room: Size, photo: Size, [right, down]: readonly [number, number]): View {
  if (view.scale === null) return view;
  const { scale, x, y } = view;
  const next = { scale, x: x - right / (photo.width * scale), y: y - down / (photo.height * scale) };
  return settled(next, room, photo);
}

/** The larger scale that a double tap goes to: a step up that is worth a tap, at whole pixels. */
export function closerScale(room: Size, photo: Size): number {
  const fit = fitScale(room, photo);
  return [1, 2, 4, LARGEST].find((scale) => scale >= 1.5 * fit) ?? 4 * fit;
}

/** The view with its middle where the photo still fills the room. */
function settled(view: View, room: Size, photo: Size): View {
  const scale = view.scale ?? fitScale(room, photo);
  const hold = (center: number, length: number, seen: number) => {
    const half = Math.min(0.5, seen / (length * scale) / 2);
    return clamp(center, half, 1 - half);
  };
  return { ...view, x: hold(view.x, photo.width, room.width), y: hold(view.y, photo.height, room.height) };
}
