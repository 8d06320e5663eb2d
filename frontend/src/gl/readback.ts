/** Reads pixels without making the page wait until the graphics card has drawn them. */

export type Bytes = Uint8ClampedArray<ArrayBuffer>;

const POLL_MS = 4;

function later(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, POLL_MS));
}

/** What the bound framebuffer holds, RGBA of 8 bits; null when the graphics context was lost meanwhile. */
export async function readLater(gl: WebGL2RenderingContext, width: number, height: number): Promise<Bytes | null> {
  const bytes = new Uint8ClampedArray(width * height * 4);
  const buffer = gl.createBuffer();
  gl.bindBuffer(gl.PIXEL_PACK_BUFFER, buffer);
  gl.bufferData(gl.PIXEL_PACK_BUFFER, bytes.length, gl.STREAM_READ);
  gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, 0);
  gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
  const fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
  gl.flush();
  // A lost context gives null, or says that waiting failed.
  let state: number = gl.TIMEOUT_EXPIRED;
  while (fence !== null && state === gl.TIMEOUT_EXPIRED) {
    await later();
    state = gl.isContextLost() ? gl.WAIT_FAILED : gl.clientWaitSync(fence, 0, 0);
  }
  const drawn = fence !== null && state !== gl.WAIT_FAILED;
  if (drawn) {
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, buffer);
    gl.getBufferSubData(gl.PIXEL_PACK_BUFFER, 0, bytes);
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
  }
  gl.deleteSync(fence);
  gl.deleteBuffer(buffer);
  return drawn ? bytes : null;
}
