// Charts with an optimizer a row: cost to target, where runs ended, crossover.

function shortLabel(line) {
  return plotText(LINES[line].short);
}

function rowLayout(lines, x, title, colours, counts) {
  const y = {
    range: [lines.length - 0.4, -0.6], tickvals: lines.map((_, place) => place), ticktext: lines.map(shortLabel), zeroline: false,
    gridcolor: colours.grid, tickfont: {size: 11}, automargin: true, fixedrange: true,
  };
  const found = layout(axis(x, title, colours), y, colours, 64 + 23 * Math.max(lines.length, 1));
  found.margin.r = 58;
  lines.forEach((line, place) => found.annotations.push({
    xref: 'paper', x: 1.01, y: place, text: plotText(counts(line)), showarrow: false, xanchor: 'left', font: {size: 11, color: colours.soft},
  }));
  return found;
}

function markTrace(line, place, x, text, filled) {
  const colour = colourOf(line);
  return {
    x: [x], y: [place], text: [text], type: 'scatter', mode: 'markers', hovertemplate: '%{text}<extra></extra>', cliponaxis: false,
    marker: {symbol: LINES[line].symbol + (filled ? '' : '-open'), color: colour, size: 9, line: {color: colour, width: filled ? 0 : 1.8}},
  };
}

// A bar that has no upper end has an arrow there.
function barTrace(line, place, from, to, scale) {
  const color = colourOf(line), open = to === null;
  return {
    x: [from, open ? scale.range[1] : to], y: [place, place], type: 'scatter', mode: 'lines+markers', line: {color, width: 2}, hoverinfo: 'skip', cliponaxis: false,
    marker: {symbol: 'triangle-right', color, size: [0, open ? 8 : 0], line: {width: 0}},
  };
}

// The lines that a panel shows, in the order of their mean place over the problems.
function placed(there, settings) {
  return settings.order().filter(line => STATE.lines[line] && there.has(line));
}

function withInterval(low, high) {
  return `${significant(low)} to ${significant(high)}`;
}

function costPanel(problem, table, settings) {
  const colours = ink(), there = table.byLine().get(problem);
  const [time, low, high, n, solved] = ['time', 'time_low', 'time_high', 'n', 'solved'].map(name => table.column(name));
  const lines = placed(there, settings), all = lines.map(line => there.get(line)[0]);
  const x = scaleOf(all.flatMap(row => [time[row], ...(low[row] > 0 ? [low[row]] : []), ...(Number.isFinite(high[row]) ? [high[row]] : [])]), {log: settings.logX.checked});
  const shape = rowLayout(lines, x, settings.formName(), colours, line => `${solved[there.get(line)[0]]}/${n[there.get(line)[0]]}`);
  const data = [], rows = [], said = [];
  lines.forEach((line, place) => {
    const row = there.get(line)[0], ends = withInterval(low[row], high[row]);
    if (low[row] > 0 || Number.isFinite(high[row])) {
      data.push(barTrace(line, place, low[row] > 0 ? x.place(low[row]) : x.range[0], Number.isFinite(high[row]) ? x.place(high[row]) : null, x));
    }
    data.push(markTrace(line, place, x.place(time[row]), hover(line, [`${settings.form()} ${significant(time[row])}`, `interval ${ends}`, `${solved[row]} of ${n[row]} runs solved`]), Number.isFinite(time[row])));
    said.push(`${LINES[line].label} ${Number.isFinite(time[row]) ? significant(time[row]) : 'not reached'}`);
    rows.push([LINES[line].label, significant(time[row]), ends, `${solved[row]}/${n[row]}`]);
  });
  return {
    data, layout: shape, sentence: `Until half of the runs reached the target on ${problem}, by ${settings.form()}: ${said.join('; ') || 'no optimizer is chosen'}.`,
    table: [['optimizer', settings.form(), 'interval', 'solved'], rows],
  };
}

function finalsPanel(problem, table, settings) {
  const colours = ink(), there = table.byLine().get(problem), runs = RUNS.byLine().get(problem), ofLoss = settings.form() === 'loss';
  const [middle, low, high, n] = ['median', 'low', 'high', 'n'].map(name => table.column(name));
  const outcome = RUNS.column('outcome'), number = RUNS.column(ofLoss ? 'final_loss' : 'test_accuracy');
  const noResult = row => outcome[row] === 'diverged' || outcome[row] === 'failed' || Number.isNaN(number[row]);
  const end = row => (ofLoss && noResult(row) ? Infinity : number[row]);
  const lines = placed(there, settings), own = new Map(lines.map(line => [line, (runs.get(line) || []).filter(row => !Number.isNaN(end(row)))]));
  const targets = ofLoss ? targetsOf(problem) : [];
  const x = scaleOf([...lines.flatMap(line => own.get(line).map(end)), ...targets], {log: ofLoss && settings.logX.checked});
  const shape = rowLayout(lines, x, `${settings.formName()} at the end`, colours, line => `${n[there.get(line)[0]]} runs`);
  const data = [], rows = [], said = [];
  lines.forEach((line, place) => {
    const dots = own.get(line), row = there.get(line)[0];
    data.push({
      x: dots.map(dot => x.place(end(dot))), y: dots.map((_, dot) => place + 0.6 * ((dot * 0.618034) % 1 - 0.5)), type: 'scatter', mode: 'markers', cliponaxis: false,
      marker: {color: colourOf(line), size: dots.length > 60 ? 3.5 : 5, opacity: 0.5, line: {width: 0}}, hovertemplate: '%{text}<extra></extra>',
      text: dots.map(dot => hover(line, [`seed ${RUNS.packed.seed[dot]}: ${significant(end(dot))}`, outcome[dot]])),
    });
    const stroke = (from, to, height, width) => data.push({x: [from, to], y: [place - height, place + height], type: 'scatter', mode: 'lines', line: {color: colours.ink, width}, hoverinfo: 'skip'});
    if (!Number.isNaN(middle[row])) stroke(x.place(middle[row]), x.place(middle[row]), 0.38, 2);
    if (Number.isFinite(low[row])) stroke(x.place(low[row]), x.place(high[row]), 0, 1);
    said.push(`${LINES[line].label} ${significant(middle[row])}`);
    rows.push([LINES[line].label, String(n[row]), significant(middle[row]), withInterval(low[row], high[row])]);
  });
  targets.forEach(value => shape.shapes.push(targetShape(x.place(value), false, colours)));
  return {
    data, layout: shape, sentence: `Where runs ended on ${problem}, median of the ${settings.formName()}: ${said.join('; ') || 'no optimizer is chosen'}.`,
    table: [['optimizer', 'runs', 'median', 'interval'], rows],
  };
}

function crossoverPanel(problem, table, settings) {
  const colours = ink(), there = table.byLine().get(problem);
  const [spent, low, high, n, leader, other] = ['spent', 'spent_low', 'spent_high', 'n', 'leader', 'other'].map(name => table.column(name));
  const lines = placed(there, settings), data = [], rows = [], said = [];
  const numbers = lines.flatMap(line => { const row = there.get(line)[0]; return [spent[row], low[row], high[row]]; }).filter(Number.isFinite);
  const x = scaleOf(numbers, {log: settings.logX.checked, zero: true, infinity: null});
  const shape = rowLayout(lines, x, `budget: ${settings.formName()}`, colours, line => `${n[there.get(line)[0]]} pairs`);
  lines.forEach((line, place) => {
    const row = there.get(line)[0];
    if (Number.isNaN(spent[row])) { rows.push([LINES[line].label, 'level at the end', '-', '-', String(n[row])]); return; }
    const own = leader[row] === `${LINES[line].optimizer} ${LINES[line].gradient}`.trim(), who = own ? LINES[line].label : other[row];
    if (low[row] > 0 || Number.isFinite(high[row])) data.push(barTrace(line, place, x.place(low[row]), Number.isFinite(high[row]) ? x.place(high[row]) : null, x));
    data.push(markTrace(line, place, x.place(spent[row]), hover(line, [`${who} leads from ${significant(spent[row])} on`, `interval ${withInterval(low[row], high[row])}`]), own));
    said.push(`${LINES[line].label} is ${own ? 'ahead' : 'behind'} from ${significant(spent[row])} on`);
    rows.push([LINES[line].label, own ? 'ahead' : 'behind', significant(spent[row]), withInterval(low[row], high[row]), String(n[row])]);
  });
  const against = lines.length ? other[there.get(lines[0])[0]] : '';
  return {
    data, layout: shape, sentence: `Against ${against} on ${problem}, by ${settings.form()}: ${said.join('; ') || 'nobody leads at the end'}.`,
    table: [['optimizer', `against ${against}`, 'from', 'interval', 'pairs'], rows],
  };
}

function rowSections() {
  const logarithmic = (redraw, bar) => {
    const [logX, label] = tick('logarithmic axis', true, redraw);
    bar.append(label);
    return {logX};
  };
  chartSection('cost-to-target', logarithmic, costPanel);
  chartSection('finals', logarithmic, finalsPanel);
  chartSection('crossover', logarithmic, crossoverPanel);
}
