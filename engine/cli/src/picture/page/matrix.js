// The matrix: a grid of which only what is in sight is in the document, so that its size does not matter.

const ROW = 52;
const HEAD = 62;
/** The least and the most that a column is wide: as the screen has room. */
const COLUMN = [156, 230];
/** So many rows and columns are drawn beyond what is in sight. */
const BEYOND = 3;

function matrix(shown, { chosen, choose }) {
  const narrow = matchMedia("(max-width: 760px)").matches;
  const longest = Math.max(8, ...shown.subjects.map((place) => access.subjects[place].name.length));
  const left = narrow ? 128 : Math.min(300, Math.max(150, longest * 8.1 + 26));
  const [rows, columns] = [shown.subjects.length, shown.secrets.length];
  const rowOf = new Map(shown.subjects.map((place, row) => [place, row]));
  const columnOf = new Map(shown.secrets.map((place, column) => [place, column]));
  const cells = new Map();
  for (const grant of shown.grants) cells.set(rowOf.get(grant.subject) * columns + columnOf.get(grant.secret), grant);
  const at = (row, column) => cells.get(row * columns + column);

  const first = shown.grants[0];
  let column = COLUMN[0];
  let active = first ? [rowOf.get(first.subject), columnOf.get(first.secret)] : [0, 0];
  const sheet = el("div", { class: "sheet", role: "presentation" });
  const grid = el(
    "div",
    {
      class: "matrix",
      role: "grid",
      tabindex: 0,
      "aria-label": "Handlers by row, secrets by column",
      "aria-rowcount": rows + 1,
      "aria-colcount": columns + 1,
      onkeydown,
      onscroll: later,
      onclick,
    },
    sheet,
  );

  let frame = 0;
  function later() {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      draw();
    });
  }

  function draw() {
    const room = (grid.parentElement.clientWidth - left - 2) / columns;
    column = Math.round(Math.min(COLUMN[1], Math.max(COLUMN[0], room)));
    sheet.style.width = `${left + columns * column}px`;
    sheet.style.height = `${HEAD + rows * ROW}px`;
    const top = Math.max(0, Math.floor((grid.scrollTop - HEAD) / ROW) - BEYOND);
    const bottom = Math.min(rows, Math.ceil((grid.scrollTop + grid.clientHeight) / ROW) + BEYOND);
    const start = Math.max(0, Math.floor((grid.scrollLeft - left) / column) - BEYOND);
    const end = Math.min(columns, Math.ceil((grid.scrollLeft + grid.clientWidth) / column) + BEYOND);
    const drawn = [head(start, end)];
    for (let row = top; row < bottom; row += 1) drawn.push(body(row, start, end));
    sheet.replaceChildren(...drawn);
    const inSight = active[0] >= top && active[0] < bottom && active[1] >= start && active[1] < end;
    if (inSight) grid.setAttribute("aria-activedescendant", `cell-${active[0]}-${active[1]}`);
    else grid.removeAttribute("aria-activedescendant");
  }

  function head(start, end) {
    const corner = el("div", { class: "corner", role: "columnheader", "aria-colindex": 1 }, "Who");
    corner.style.width = `${left}px`;
    const row = el("div", { class: "head", role: "row", "aria-rowindex": 1 }, corner);
    row.style.height = `${HEAD}px`;
    for (let number = start; number < end; number += 1) {
      const secret = access.secrets[shown.secrets[number]];
      const title = titleOf(secret.name, secret.description);
      const cell = el(
        "div",
        { role: "columnheader", "aria-colindex": number + 2, title },
        el("b", {}, secret.id),
        el("span", {}, secret.name),
      );
      row.append(placed(cell, number));
    }
    return row;
  }

  function body(row, start, end) {
    const subject = access.subjects[shown.subjects[row]];
    const name = el(
      "div",
      { role: "rowheader", "aria-colindex": 1, title: titleOf(subject.name, subject.description) },
      subject.kind !== "handler" && el("span", { class: "kind" }, subject.kind),
      el("span", { class: "name" }, breakable(subject.name)),
    );
    name.style.width = `${left}px`;
    const line = el("div", { class: "body", role: "row", "aria-rowindex": row + 2 }, name);
    line.style.top = `${HEAD + row * ROW}px`;
    line.style.height = `${ROW}px`;
    for (let number = start; number < end; number += 1) {
      const grant = at(row, number);
      const classes = [
        grant && "some",
        row === active[0] && number === active[1] && "active",
        grant && grant === chosen() && "chosen",
      ];
      const cell = el(
        "div",
        {
          id: `cell-${row}-${number}`,
          role: "gridcell",
          class: classes.filter(Boolean).join(" "),
          "aria-colindex": number + 2,
          "aria-label": grant ? undefined : "nothing",
          "aria-selected": grant ? (grant === chosen() ? "true" : "false") : undefined,
        },
        grant && verbsOf(grant.verbs),
      );
      cell.dataset.at = `${row} ${number}`;
      line.append(placed(cell, number));
    }
    return line;
  }

  function placed(cell, number) {
    cell.style.left = `${left + number * column}px`;
    cell.style.width = `${column}px`;
    return cell;
  }

  function onclick(event) {
    const cell = event.target.closest("[role=gridcell]");
    if (!cell) return;
    active = cell.dataset.at.split(" ").map(Number);
    const grant = at(...active);
    if (grant) choose(grant, grid);
    draw();
  }

  function onkeydown(event) {
    const page = Math.max(1, Math.floor((grid.clientHeight - HEAD) / ROW) - 1);
    const [row, number] = active;
    const moves = {
      ArrowUp: [row - 1, number],
      ArrowDown: [row + 1, number],
      ArrowLeft: [row, number - 1],
      ArrowRight: [row, number + 1],
      PageUp: [row - page, number],
      PageDown: [row + page, number],
      Home: [event.ctrlKey ? 0 : row, 0],
      End: [event.ctrlKey ? rows - 1 : row, columns - 1],
    };
    if (event.key === "Enter" || event.key === " ") {
      const grant = at(row, number);
      if (grant) choose(grant, grid);
    } else if (event.key in moves && !event.altKey && !event.metaKey) {
      const [toRow, toColumn] = moves[event.key];
      active = [Math.min(rows - 1, Math.max(0, toRow)), Math.min(columns - 1, Math.max(0, toColumn))];
      intoSight();
    } else return;
    event.preventDefault();
    draw();
  }

  function intoSight() {
    const [y, x] = [active[0] * ROW, active[1] * column];
    grid.scrollTop = Math.min(y, Math.max(grid.scrollTop, y + ROW + HEAD - grid.clientHeight));
    grid.scrollLeft = Math.min(x, Math.max(grid.scrollLeft, x + column + left - grid.clientWidth));
  }

  const watch = new ResizeObserver(later);
  watch.observe(grid);
  const end = () => {
    watch.disconnect();
    cancelAnimationFrame(frame);
  };
  return {
    element: grid,
    draw,
    reveal: () => {
      draw();
      intoSight();
      draw();
    },
    end,
  };
}
