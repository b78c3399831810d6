"use strict";
for (const player of document.querySelectorAll(".player")) {
  const recorded = JSON.parse(player.querySelector(".recorded").textContent);
  const types = { i4: Int32Array, u2: Uint16Array, u1: Uint8Array, f4: Float32Array };
  const unpack = (text, kind) => new types[kind](Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
  const ABSENT = -(2 ** 31);
  const svg = player.querySelector(".stage");
  const make = (tag, parent, attributes) => {
    const node = document.createElementNS(svg.namespaceURI, tag);
    for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
    parent.append(node);
    return node;
  };

  const [left, bottom, right, top] = recorded.box;
  const size = Math.max(right - left, top - bottom, 1);
  const margin = 0.05 * size;
  const height = top - bottom + 2 * margin;
  const Y = (y) => top + margin - y;
  const whole = { x: left - margin, y: 0, width: right - left + 2 * margin, height };
  const view = { ...whole };

  const layers = {};
  for (const name of ["nulls", "serves", "looks", "stations", "users", "tracks", "targets"]) {
    layers[name] = make("g", svg, { "data-layer": name });
  }
  const lines = {};
  for (const name of ["serves", "looks", "nulls"]) lines[name] = make("path", layers[name], { class: name });

  const stations = recorded.stations;
  const marks = stations.x.map(() => make("path", layers.stations, { class: stations.sectors ? "sector" : "station" }));
  const masts = stations.sectors ? stations.x.map((x, i) =>
    make("circle", layers.stations, { class: "station", cx: x, cy: Y(stations.y[i]) })) : [];

  const members = (name, kind) => {
    if (!recorded[name]) return { places: null, nodes: [], count: 0 };
    const count = recorded[name].count;
    const nodes = Array.from({ length: count }, (_, i) => make("circle", layers[name], { class: kind, [`data-${kind}`]: i }));
    return { places: unpack(recorded[name].places, "i4"), nodes, count };
  };
  const users = members("users", "user");
  const targets = members("targets", "target");

  const kilometres = 10 ** Math.floor(Math.log10(size / 3e5));
  const scale = make("path", svg, { class: "scale" });
  const scaleName = make("text", svg, {});
  let dot = 1;
  const crowd = (group, few) => Math.min(1, Math.max(0.4, Math.sqrt(few / Math.max(group.count, 1))));
  const fit = () => {
    svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.width} ${view.height}`);
    const pixel = Math.max(view.width / (svg.clientWidth || 600), view.height / (svg.clientHeight || 600));
    dot = pixel * Math.min(3, Math.max(1.4, Math.min(svg.clientWidth || 600, svg.clientHeight || 600) / 250));
    for (const node of users.nodes) node.setAttribute("r", 0.9 * dot * crowd(users, 2000));
    for (const node of targets.nodes) {
      node.setAttribute("r", 2.2 * dot * crowd(targets, 300));
      node.setAttribute("stroke-width", 0.7 * dot * crowd(targets, 300));
    }
    for (const node of masts) node.setAttribute("r", dot);
    marks.forEach((mark, i) => {
      const [x, y] = [stations.x[i], Y(stations.y[i])];
      const reach = (stations.sectors ? 6 : 1.8) * dot;
      const edge = (turn) => {
        const angle = ((stations.boresight[i] + turn) * Math.PI) / 180;
        return `${x + reach * Math.cos(angle)},${y - reach * Math.sin(angle)}`;
      };
      mark.setAttribute("d", stations.sectors ? `M${x},${y} L${edge(-32)} A${reach},${reach} 0 0 0 ${edge(32)} Z`
        : `M${x - reach},${y + 0.8 * reach} h${2 * reach} L${x},${y - reach} Z`);
    });
    const corner = [view.x + 14 * pixel, view.y + view.height - 12 * pixel];
    scale.setAttribute("d", `M${corner} h${kilometres * 1e5}`);
    scaleName.setAttribute("transform", `translate(${corner[0]} ${corner[1] - 5 * pixel}) scale(${pixel})`);
    scaleName.textContent = kilometres < 1 ? `${Math.round(1000 * kilometres)} m` : `${kilometres} km`;
  };

  const rows = (name, columns) => {
    const table = recorded[name];
    if (!table) return null;
    const found = { first: table.first };
    for (const [column, kind] of Object.entries(columns)) found[column] = unpack(table[column], kind);
    return found;
  };
  const link = { station: "u2", member: "i4", rate: "u1" };
  const serves = rows("serves", link);
  const looks = rows("looks", link);
  const nulls = rows("nulls", { asked: "u2", kind: "u1", member: "i4" });
  const asleep = rows("asleep", { station: "u2" });
  const tracks = rows("tracks", { target: "i4", x: "i4", y: "i4", major: "f4", minor: "f4", angle: "f4" });

  let ramp = [];
  const readRamp = () => {  // the colours of the page: light or dark
    const style = getComputedStyle(document.documentElement);
    ramp = [0, 1, 2, 3, 4, 5, 6].map((i) => style.getPropertyValue(`--v${i}`).trim())
      .map((text) => [1, 3, 5].map((place) => parseInt(text.slice(place, place + 2), 16)));
  };
  const colour = (level) => {
    const at = (level / 255) * (ramp.length - 1);
    const low = Math.min(Math.floor(at), ramp.length - 2);
    return `rgb(${ramp[low].map((c, i) => Math.round(c + (at - low) * (ramp[low + 1][i] - c))).join(",")})`;
  };
  const place = (group, frame, i) => {
    const at = 2 * (frame * group.count + i);
    return group.places[at] === ABSENT ? null : [group.places[at], group.places[at + 1]];
  };
  const move = (group, frame) => {
    for (let i = 0; i < group.count; i += 1) {
      const where = place(group, frame, i);
      const node = group.nodes[i];
      node.style.display = where ? "" : "none";
      if (!where) continue;
      node.setAttribute("cx", where[0]);
      node.setAttribute("cy", Y(where[1]));
      node.setAttribute("data-x", (where[0] / 1e5).toFixed(5));
      node.setAttribute("data-y", (where[1] / 1e5).toFixed(5));
    }
  };
  const span = (table, frame) => (table ? [table.first[frame], table.first[frame + 1]] : [0, 0]);
  const between = (station, [x, y]) => {
    const [fromX, fromY] = [stations.x[station], stations.y[station]];
    if (!recorded.side) return `M${fromX},${Y(fromY)} L${x},${Y(y)}`;
    const dx = x - fromX - recorded.side[0] * Math.round((x - fromX) / recorded.side[0]);
    const dy = y - fromY - recorded.side[1] * Math.round((y - fromY) / recorded.side[1]);
    const wrapped = Math.abs(dx - (x - fromX)) + Math.abs(dy - (y - fromY)) > 1;
    return `M${fromX},${Y(fromY)} l${dx},${-dy}${wrapped ? ` M${x},${Y(y)} l${-dx},${dy}` : ""}`;
  };
  const draw = (name, table, group, station, frame) => {
    const parts = [];
    const [from, to] = span(table, frame);
    for (let i = from; i < to; i += 1) {
      const where = place(group(i), frame, table.member[i]);
      if (where) parts.push(between(table[station][i], where));
    }
    lines[name].setAttribute("d", parts.join(" "));
  };

  const timeline = player.querySelector(".timeline");
  const clock = player.querySelector(".clock");
  const counts = player.querySelector(".counts");
  timeline.max = recorded.frames - 1;
  const show = (frame) => {
    move(users, frame);
    move(targets, frame);
    for (const node of users.nodes) {
      node.classList.remove("served");
      node.style.fill = "";
    }
    const [from, to] = span(serves, frame);
    for (let i = from; i < to; i += 1) {
      users.nodes[serves.member[i]].classList.add("served");
      users.nodes[serves.member[i]].style.fill = colour(serves.rate[i]);
    }
    draw("serves", serves, () => users, "station", frame);
    draw("looks", looks, () => targets, "station", frame);
    draw("nulls", nulls, (i) => (nulls.kind[i] === 0 ? users : targets), "asked", frame);
    for (const node of targets.nodes) node.classList.remove("looked");
    const [firstLook, lastLook] = span(looks, frame);
    for (let i = firstLook; i < lastLook; i += 1) targets.nodes[looks.member[i]].classList.add("looked");
    for (const mark of marks) mark.classList.remove("silent");
    const [first, last] = span(asleep, frame);
    for (let i = first; i < last; i += 1) marks[asleep.station[i]].classList.add("silent");
    layers.tracks.replaceChildren();
    const [begin, end] = span(tracks, frame);
    for (let i = begin; i < end; i += 1) {
      const [x, y] = [tracks.x[i], Y(tracks.y[i])];
      make("ellipse", layers.tracks, { class: "track", cx: x, cy: y, rx: tracks.major[i], ry: tracks.minor[i],
        transform: `rotate(${-tracks.angle[i]} ${x} ${y})`, "data-target": tracks.target[i] });
      make("path", layers.tracks, { class: "cross", d: `M${x - dot},${y} h${2 * dot} M${x},${y - dot} v${2 * dot}` });
    }
    timeline.value = frame;
    clock.textContent = `frame ${frame + 1} of ${recorded.frames}, ${(frame * recorded.frame_duration).toFixed(3)} s`;
    const said = [["users served", to - from], ["looks at targets", lastLook - firstLook], ["tracks", end - begin],
      ["nulls", span(nulls, frame)[1] - span(nulls, frame)[0]], [`cells ${recorded.resting}`, last - first]];
    counts.textContent = said.map(([words, count]) => `${words}: ${count}`).join(", ");
  };

  for (const box of player.querySelectorAll("input[data-layer]")) {
    const switchLayer = () => { layers[box.dataset.layer].style.display = box.checked ? "" : "none"; };
    box.addEventListener("change", switchLayer);
    switchLayer();
  }
  const button = player.querySelector(".play");
  const speed = player.querySelector(".speed");
  let playing = false;
  let before = 0;
  const step = (now) => {
    if (!playing) return;
    if (now - before >= 1000 / Number(speed.value)) {
      before = now;
      show((Number(timeline.value) + 1) % recorded.frames);
    }
    requestAnimationFrame(step);
  };
  button.addEventListener("click", () => {
    playing = !playing;
    button.textContent = playing ? "pause" : "play";
    if (playing) requestAnimationFrame(step);
  });
  timeline.addEventListener("input", () => show(Number(timeline.value)));
  timeline.addEventListener("change", () => show(Number(timeline.value)));

  const redraw = () => { fit(); show(Number(timeline.value)); };
  const zoom = (by, x, y) => {
    const width = Math.min(whole.width, view.width / by);
    const share = width / view.width;
    view.x = Math.min(Math.max(x - (x - view.x) * share, whole.x), whole.x + whole.width - width);
    view.y = Math.min(Math.max(y - (y - view.y) * share, whole.y), whole.y + whole.height - view.height * share);
    view.width = width;
    view.height *= share;
    redraw();
  };
  const at = (event) => new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
  svg.addEventListener("wheel", (event) => {
    event.preventDefault();
    const place = at(event);
    zoom(event.deltaY < 0 ? 1.25 : 0.8, place.x, place.y);
  }, { passive: false });
  for (const press of player.querySelectorAll("[data-zoom]")) {
    press.addEventListener("click", () => zoom(Number(press.dataset.zoom), view.x + view.width / 2, view.y + view.height / 2));
  }
  let held = null;
  svg.addEventListener("pointerdown", (event) => {
    if (view.width < whole.width) { held = at(event); svg.setPointerCapture(event.pointerId); }
  });
  svg.addEventListener("pointermove", (event) => {
    if (!held) return;
    const place = at(event);
    view.x = Math.min(Math.max(view.x + held.x - place.x, whole.x), whole.x + whole.width - view.width);
    view.y = Math.min(Math.max(view.y + held.y - place.y, whole.y), whole.y + whole.height - view.height);
    svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.width} ${view.height}`);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    svg.addEventListener(end, () => { if (held) { held = null; redraw(); } });
  }
  new ResizeObserver(redraw).observe(svg);
  new MutationObserver(() => { readRamp(); show(Number(timeline.value)); })
    .observe(document.documentElement, { attributeFilter: ["class"] });
  readRamp();
  fit();
  show(0);
}
