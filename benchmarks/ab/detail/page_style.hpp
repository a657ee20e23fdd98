#pragma once

#include <string_view>

namespace crossfade::ab::detail {

/// The CSS of the report's page. Two colours that the colour-blind tell apart, and everything that
/// is told by them is told by words or shapes too.
inline constexpr std::string_view page_style = R"css(
:root {
  --page: #fff; --text: #1b1f24; --faint: #59636e; --line: #d5dae0; --panel: #f6f8fa;
  --baseline: #0067ac; --candidate: #c45100; --neutral: #59636e; --on: #fff;
  --effect: #dfe5ec; --note: #fff4ce;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171c; --text: #e6e9ed; --faint: #9aa5b1; --line: #363d47; --panel: #1c2129;
    --baseline: #64b9f2; --candidate: #f2a35e; --neutral: #9aa5b1; --on: #14171c;
    --effect: #2c343f; --note: #43391a;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { max-width: 1160px; margin: 0 auto; padding: 24px 20px 60px; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 4px; }
h2 { font-size: 20px; margin: 0 0 6px; overflow-wrap: anywhere; }
p { margin: 0 0 10px; max-width: 75ch; overflow-wrap: anywhere; }
small, .about, figcaption, caption { color: var(--faint); font-size: 13px; }
a { color: inherit; text-underline-offset: 3px; }
.tally { font-size: 18px; margin-bottom: 20px; }
.badge { display: inline-block; padding: 1px 10px; border-radius: 99px; font-size: 14px;
  font-weight: 600; white-space: nowrap; vertical-align: middle; border: 2px solid var(--neutral); }
.badge.baseline { background: var(--baseline); border-color: var(--baseline); color: var(--on); }
.badge.candidate { background: var(--candidate); border-color: var(--candidate); color: var(--on); }
.badge.same { background: var(--neutral); color: var(--on); }
.badge.unknown { border-style: dashed; color: var(--neutral); }
.word { font-weight: 600; }
.word.baseline, .baseline-text { color: var(--baseline); }
.word.candidate, .candidate-text { color: var(--candidate); }
.word.same, .word.unknown { color: var(--neutral); font-weight: 400; }

.forest { background: var(--panel); border: 1px solid var(--line); border-radius: 10px;
  padding: 10px 18px 34px; margin-bottom: 24px; }
.row { display: grid; align-items: center; column-gap: 18px;
  grid-template-columns: minmax(0, 2.2fr) 130px minmax(0, 4fr) minmax(0, 2.6fr); }
.row small { display: block; }
.row .ratio { align-self: stretch; }
.row .ratio svg { height: 100%; min-height: 48px; }
.row.scale .ratio svg { min-height: 1px; }
.name, .change { padding: 4px 0; }
.name { overflow-wrap: anywhere; font-weight: 600; }
.name small { font-weight: 400; }
.change b { font-size: 17px; }
.head { font-size: 13px; color: var(--faint); }
.ends { display: flex; justify-content: space-between; font-weight: 600; }

.notes { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr));
  gap: 8px 40px; margin-bottom: 12px; }
.workload { border-top: 1px solid var(--line); padding-top: 22px; margin-top: 22px; }
.sentence { font-size: 17px; }
.note { background: var(--note); border-left: 4px solid var(--candidate); padding: 6px 12px; }
.tables { display: flex; flex-wrap: wrap; gap: 10px 40px; margin: 14px 0; }
.scroll { overflow-x: auto; max-width: 100%; }
table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: 4px; }
th, td { padding: 3px 14px 3px 0; border-bottom: 1px solid var(--line); text-align: right;
  white-space: nowrap; }
th { font-weight: 400; color: var(--faint); }
th:first-child, .figures :last-child { text-align: left; }
tr > :last-child { padding-right: 0; }
.deciding, .deciding th { font-weight: 600; color: var(--text); }
.environment td { text-align: left; white-space: normal; overflow-wrap: anywhere; }

.charts { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 18px 34px; }
.charts > :last-child { grid-column: 1 / -1; }
figure { margin: 0; }
figcaption b { color: var(--text); font-size: 15px; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 18px; font-size: 13px; margin: 4px 0; }
.legend i { display: inline-block; margin-right: 7px; vertical-align: middle; }
.legend .line { width: 24px; border-top: 3px solid; }
.legend .line.candidate { border-top-style: dashed; }
.legend .dot { width: 10px; height: 10px; border: 2px solid; background: currentColor; }
.legend .dot.baseline { border-radius: 50%; }
.legend .hollow { background: none; }
i.baseline { color: var(--baseline); }
i.candidate { color: var(--candidate); }
.legend .neutral { color: var(--neutral); border-top: 2px dotted; }
.axis-y, .axis-x { font-size: 12px; color: var(--faint); }
.axis-x { text-align: center; padding-left: 64px; }
.plot { padding: 10px 14px 26px 64px; }

svg { display: block; overflow: visible; }
svg text { fill: var(--faint); font-size: 12px; }
.tick-x { text-anchor: middle; transform: translateY(18px); }
.tick-y { text-anchor: end; transform: translate(-8px, 4px); }
.grid { stroke: var(--line); stroke-width: 1; }
.equal { stroke: var(--text); stroke-width: 1.5; }
.effect { fill: var(--effect); }
svg .calibration { fill: var(--effect); opacity: .6; }
svg .baseline { --own: var(--baseline); }
svg .candidate { --own: var(--candidate); }
svg .same, svg .unknown { --own: var(--neutral); }
path, svg .interval, svg .median { vector-effect: non-scaling-stroke; }
svg .interval { stroke: var(--own); stroke-width: 3; fill: none; }
svg .estimate { fill: var(--own); stroke: var(--panel); stroke-width: 1; }
svg .line, svg .area { stroke: var(--own); stroke-width: 2; fill: none; stroke-linejoin: round; }
svg .line.candidate, svg .area.candidate { stroke-dasharray: 6 3; }
svg .area { fill: var(--own); fill-opacity: .16; stroke-width: 1.5; }
svg .median { stroke: var(--own); stroke-width: 2; stroke-dasharray: 2 4; }
svg .mark { fill: var(--own); fill-opacity: .75; }
svg .hollow { fill: none; stroke: var(--own); stroke-width: 1.5; }

@media (max-width: 760px) {
  main { padding: 16px 12px 40px; }
  .forest { padding: 8px 14px 34px; }
  .row { grid-template-columns: minmax(0, 1fr) auto; row-gap: 2px; padding-top: 10px; }
  .row .ratio { grid-row: 3; grid-column: 1 / -1; }
  .row .change { grid-row: 2; grid-column: 1 / -1; }
  .row small { display: inline; margin-left: 8px; }
  .name small { display: block; margin-left: 0; }
  .scale, .head { padding-top: 0; }
  .charts { grid-template-columns: minmax(0, 1fr); }
  .minor { display: none; }
}
@media print { .workload { break-inside: avoid; } }
)css";

}  // namespace crossfade::ab::detail
