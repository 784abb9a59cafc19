/** Draws the harvest of each crop as a row of bars, without any library. */

export interface Harvest {
  crop: string;
  kilograms: number;
}

const ROW_HEIGHT = 24;
const LABEL_WIDTH = 120;

export function chart(harvests: Harvest[], width = 600): string {
  const longest = Math.max(...harvests.map((harvest) => harvest.kilograms), 1);
  const rows = harvests.map((harvest, index) => {
    const length = ((width - LABEL_WIDTH) * harvest.kilograms) / longest;
    const top = index * ROW_HEIGHT;
    return [
      `<text x="0" y="${top + 16}">${escapeText(harvest.crop)}</text>`,
      `<rect x="${LABEL_WIDTH}" y="${top + 4}" width="${length.toFixed(1)}" height="16"/>`,
    ].join("");
  });
  const height = harvests.length * ROW_HEIGHT;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${rows.join("")}</svg>`;
}

function escapeText(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}
