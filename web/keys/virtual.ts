// Rows come in blocks of a fixed height, and only blocks that are near what can be seen are filled. A block keeps its
// rows while it is filled, so that the focus stays where it is while the page scrolls, wherever it scrolls.

export const BLOCK = 10;

/** The blocks of `count` rows to fill: those within a screen of the one that is seen. */
export function near(list: Element | null, count: number, rowHeight: number): [from: number, to: number] {
  const top = list?.getBoundingClientRect().top ?? 0;
  const height = BLOCK * rowHeight;
  const blocks = Math.ceil(count / BLOCK);
  const clamp = (n: number) => Math.max(0, Math.min(blocks, n));
  return [clamp(Math.floor((-top - innerHeight) / height)), clamp(Math.ceil((2 * innerHeight - top) / height))];
}
