// Axes as the figures have them (harness/plots/scales.py): logarithmic, with a place for 0 and for infinity.

const LINEAR_PART = 0.8;

function decade(value) {
  return 10 ** Math.floor(Math.log10(value) + 1e-12);
}

// What goes into Plotly may hold names from data, and Plotly reads some tags: they become letters.
function plotText(text) {
  return String(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\n', ' ');
}

function tickText(value) {
  if (value === 0) return '0';
  const power = Math.round(Math.log10(value));
  if (Math.abs(value / 10 ** power - 1) > 1e-9) return String(Number(value.toPrecision(6)));
  return power >= -3 && power <= 3 ? String(Number((10 ** power).toPrecision(6))) : `10<sup>${power < 0 ? '\u2212' : ''}${Math.abs(power)}</sup>`;
}

// Returns {to, range, ticks, beyond}: where a number stands, the ends of the axis, its ticks and the place of infinity.
function scaleOf(values, {log = true, most = 6, infinity = false, zero = false} = {}) {
  let low = Infinity, high = -Infinity, least = Infinity, beyond = infinity;
  for (const value of values) {
    if (value === Infinity) { beyond = infinity !== null; continue; }
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
    if (value > 0 && value < least) least = value;
  }
  if (low === Infinity) { low = 0; high = 1; least = 0.1; }
  let found;
  if (!log || low < 0 || high <= 0) {
    const margin = 0.05 * (high - low) || 0.05 * Math.max(Math.abs(high), 1);
    const step = niceStep((high - low + 2 * margin) / Math.max(most - 1, 1));
    const ticks = [];
    for (let tick = Math.ceil((low - margin) / step) * step; tick <= high + margin; tick += step) {
      ticks.push([tick, String(Number(tick.toPrecision(6)))]);
    }
    found = {to: value => value, range: [low - margin, high + margin], ticks};
  } else if (low > 0 && !zero) {
    const to = value => Math.log10(value);
    const span = to(high) - to(low), margin = Math.max(0.04 * span, 0.02);
    const range = [to(low) - margin, to(high) + margin];
    found = {to, range, ticks: logTicks(range[0], range[1], most).map(tick => [to(tick), tickText(tick)])};
  } else {
    const edge = Math.max(decade(least), high * 1e-20);
    const to = value => (value <= 0 ? 0 : value < edge ? LINEAR_PART * value / edge : LINEAR_PART + Math.log10(value / edge));
    const end = Math.max(to(high), to(edge)) ;
    const range = [-0.15, end + Math.max(0.04 * end, 0.1)];
    const room = Math.max(most - 1, 2);
    const ticks = logTicks(Math.log10(edge), Math.log10(high) + 0.1, room).filter(tick => tick >= edge * (1 - 1e-9));
    found = {to, range, ticks: [[0, '0'], ...ticks.map(tick => [to(tick), tickText(tick)])]};
  }
  if (beyond) {
    const room = 0.1 * (found.range[1] - found.range[0]);
    found.beyond = found.range[1] + 0.6 * room;
    found.ticks = [...found.ticks.filter(([place]) => place < found.beyond - 0.8 * room), [found.beyond, '\u221e']];
    found.range = [found.range[0], found.range[1] + 1.2 * room];
  }
  found.place = value => (value === Infinity ? (found.beyond === undefined ? null : found.beyond) : Number.isFinite(value) ? found.to(value) : null);
  return found;
}

function niceStep(rough) {
  const base = decade(rough);
  return [1, 2, 5, 10].map(factor => factor * base).find(step => step >= rough * 0.999);
}

function logTicks(from, to, most) {
  const powers = [];
  for (let power = Math.ceil(from - 1e-9); power <= to + 1e-9; power++) powers.push(power);
  if (powers.length >= 3) {
    const stride = Math.ceil(powers.length / most);
    return powers.filter((_, place) => place % stride === 0).map(power => 10 ** power);
  }
  const ticks = [];
  for (let power = Math.floor(from); power <= to; power++) {
    for (const factor of to - from > 1.3 ? [1, 3] : [1, 2, 5]) {
      const place = power + Math.log10(factor);
      if (place >= from && place <= to) ticks.push(factor * 10 ** power);
    }
  }
  if (ticks.length >= 2) return ticks.length > most ? ticks.filter((_, place) => place % 2 === 0) : ticks;
  // Less than a factor of two from end to end.
  const low = 10 ** from, high = 10 ** to, step = niceStep((high - low) / 4);
  const even = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high; tick += step) even.push(tick);
  return even;
}
