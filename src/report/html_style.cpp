// The page's style sheet, declared in html_sections.hpp.
#include "report/html_sections.hpp"

namespace lenswright {

// Colours of states: Okabe and Ito's, which are told apart by those who don't see all colours; shapes and words say the
// same. Every text has a contrast of 4.5 or more against what it stands on, in both schemes.
std::string style_sheet() {
  return R"css(
:root{color-scheme:light dark;--paper:#fcfcfb;--card:#fff;--ink:#1c2024;--dim:#565d66;--line:#d9dce0;--soft:#f0f1f3;
--link:#0b5394;--good:#0a6b4f;--bad:#a8320a;--doubt:#7a5200;--good-soft:#e3f3ec;--bad-soft:#fbe9e2;--doubt-soft:#fbf1dc;
--complete:#4c8fc4;--partly:#e69f00;--none:#d55e00;--damaged:#b3479b;--unusable:#8a7f00;--unknown:#8b9199;--mark:#101214;
--k0:#1c2024;--k1:#0072b2;--k2:#d55e00;--k3:#008a68;--k4:#b3479b;--k5:#b07a00;--k6:#3d8fc9;--k7:#7a6a00}
@media (prefers-color-scheme:dark){:root{--paper:#14171a;--card:#1b1f24;--ink:#e8eaed;--dim:#a6adb6;--line:#353b43;
--soft:#23282e;--link:#8cc4f5;--good:#6fd6ad;--bad:#ff9d7a;--doubt:#f0c567;--good-soft:#173328;--bad-soft:#3b2017;
--doubt-soft:#362b12;--complete:#3f7fb3;--partly:#e69f00;--none:#e0691a;--damaged:#cc79a7;--unusable:#b8ab2e;
--unknown:#8b9199;--mark:#fff;--k0:#e8eaed;--k1:#56b4e9;--k2:#ff8a4c;--k3:#3ccfa3;--k4:#dd9cc6;--k5:#f0c04a;--k6:#8cc9f2;
--k7:#d8cb5a}}
*{box-sizing:border-box}html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main,header.top,footer{max-width:1080px;margin:0 auto;padding:0 20px}
header.top{padding-top:36px}footer{padding-bottom:40px;color:var(--dim);font-size:.875rem}
h1{font-size:1.9rem;line-height:1.2;margin:.2em 0 .3em;letter-spacing:-.01em}
h2{font-size:1.35rem;margin:2.4em 0 .5em;padding-top:.9em;border-top:1px solid var(--line)}
h3{font-size:1.05rem;margin:1.6em 0 .4em}p{max-width:46em;margin:.5em 0}
a{color:var(--link)}code,pre{font:.86em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
code{overflow-wrap:anywhere}pre{background:var(--soft);padding:12px 14px;border-radius:6px;overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere}
.kicker{color:var(--dim);font-size:.92rem;margin:0}.kicker code{font-size:.95em}
.verdict{border-left:6px solid;border-radius:4px;padding:12px 16px;margin:18px 0;font-size:1.12rem}
.verdict p{margin:0;max-width:none}.verdict p+p{font-size:.95rem;margin-top:.3em;color:var(--ink)}
.verdict strong{font-weight:650}
.verdict.good{border-color:var(--good);background:var(--good-soft)}.verdict.bad{border-color:var(--bad);background:var(--bad-soft)}
.verdict.doubt{border-color:var(--doubt);background:var(--doubt-soft)}
.good-text{color:var(--good);font-weight:600}.bad-text{color:var(--bad);font-weight:600}.doubt-text{color:var(--doubt);font-weight:600}
dl.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(170px,1fr));gap:12px;margin:18px 0}
dl.cards div{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px 14px;display:flex;flex-direction:column-reverse;justify-content:flex-end}
dl.cards dt{color:var(--dim);font-size:.86rem;line-height:1.35}dl.cards dd{margin:0;font-size:1.5rem;font-weight:600;font-variant-numeric:tabular-nums;line-height:1.3}
dl.cards dd small{font-size:.86rem;font-weight:400;color:var(--dim)}
dl.facts{display:grid;grid-template-columns:minmax(9em,max-content) 1fr;gap:4px 18px;margin:.8em 0}dl.facts dt{color:var(--dim)}dl.facts dd{margin:0;overflow-wrap:anywhere}
nav{margin:10px 0 0;font-size:.93rem}nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:4px 18px;margin:0;padding:0}nav a{display:inline-block;padding:3px 0}
.scroll{overflow-x:auto;margin:.8em 0}.scroll:focus-visible,summary:focus-visible,a:focus-visible{outline:2px solid var(--link);outline-offset:2px}
table{border-collapse:collapse;font-size:.9rem;min-width:min(100%,420px)}caption{text-align:left;color:var(--dim);padding:0 0 6px;font-size:.86rem}
th,td{padding:5px 12px 5px 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
thead th{color:var(--dim);font-weight:600;border-bottom:2px solid var(--line);vertical-align:bottom}
tbody th{font-weight:500}.num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}th.num,td.num{padding-left:10px}
th code{overflow-wrap:normal}.share{white-space:nowrap}
tbody tr:hover{background:var(--soft)}td.wide{min-width:15em;overflow-wrap:anywhere}
details{margin:.7em 0}summary{cursor:pointer;color:var(--link);padding:3px 0}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:20px 28px;margin:1em 0;align-items:start}
figure{margin:0;min-width:0}figcaption{font-size:.9rem;color:var(--dim);margin:0 0 6px}figcaption b{color:var(--ink);font-weight:600}
svg{display:block;width:100%;height:auto;max-width:560px}svg text{font:13px system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;fill:var(--dim)}
svg.map text{font-size:12px;fill:var(--ink)}svg.map{max-width:480px}
.c{stroke:var(--paper);stroke-width:1}.s1{fill:var(--complete)}.s2{fill:var(--partly)}.s3{fill:var(--none)}.s4{fill:var(--unusable)}.s5{fill:var(--damaged)}.s6{fill:var(--unknown)}.s0{fill:var(--soft)}
.m{fill:none;stroke:var(--mark);stroke-width:1.6;stroke-linecap:round;stroke-linejoin:round}.m.f{fill:var(--mark);stroke:none}
svg.map text.count{font-size:10px;font-weight:600;fill:#101214}
ul.legend{list-style:none;display:flex;flex-wrap:wrap;gap:4px 20px;padding:0;margin:.6em 0;font-size:.9rem}ul.legend li{display:flex;align-items:center;gap:7px}ul.legend svg{width:17px;height:17px;flex:none}
ul.legend svg.stroke{width:34px;height:12px}
.grid{stroke:var(--line);stroke-width:1;fill:none}.frame{fill:none;stroke:var(--dim);stroke-width:1}.one{stroke:var(--dim);stroke-width:1;stroke-dasharray:1 3;fill:none}
svg text.axis{fill:var(--ink)}.curve{fill:none;stroke-width:1.4;opacity:.9}.curve.strong{stroke-width:2.8;opacity:1}.band{stroke:none;opacity:.16}
.curve.k0{stroke:var(--k0)}.curve.k1{stroke:var(--k1)}.curve.k2{stroke:var(--k2)}.curve.k3{stroke:var(--k3)}.curve.k4{stroke:var(--k4)}.curve.k5{stroke:var(--k5)}.curve.k6{stroke:var(--k6)}.curve.k7{stroke:var(--k7)}
.band.k0{fill:var(--k0)}.band.k1{fill:var(--k1)}.band.k2{fill:var(--k2)}.band.k3{fill:var(--k3)}.band.k4{fill:var(--k4)}.band.k5{fill:var(--k5)}.band.k6{fill:var(--k6)}.band.k7{fill:var(--k7)}
.pictures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,300px),1fr));gap:20px;align-items:end}.pictures img{width:100%;height:auto;background:#fff;border-radius:4px;display:block}
.bar{display:inline-block;width:7em;height:.55em;background:var(--soft);border-radius:3px;overflow:hidden;vertical-align:middle}.bar i{display:block;height:100%;background:var(--complete)}
@media (max-width:560px){body{font-size:15px}main,header.top,footer{padding-left:14px;padding-right:14px}header.top{padding-top:20px}h1{font-size:1.5rem}dl.facts{grid-template-columns:1fr;gap:0}dl.facts dd{margin-bottom:.5em}dl.cards{grid-template-columns:1fr 1fr;gap:8px}dl.cards dd{font-size:1.25rem}
.stack thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}.stack tbody tr{display:block;border-bottom:1px solid var(--line);padding:7px 0}.stack tbody th,.stack tbody td,.stack td.wide,.stack td.num{display:block;border:0;padding:1px 0;min-width:0;text-align:left;white-space:normal}.stack th code{overflow-wrap:anywhere}.stack td::before{content:attr(data-label) ": ";color:var(--dim)}}
@media print{@page{margin:16mm}:root{color-scheme:light;--paper:#fff;--card:#fff;--ink:#000;--dim:#444;--line:#bbb;--soft:#eee;--link:#000;--good:#064;--bad:#820;--doubt:#540;--good-soft:#fff;--bad-soft:#fff;--doubt-soft:#fff;--mark:#000;--complete:#4c8fc4;--k0:#000;--k1:#0072b2;--k2:#d55e00;--k3:#008a68;--k4:#b3479b;--k5:#b07a00;--k6:#3d8fc9;--k7:#7a6a00}
body{font-size:10.5pt;-webkit-print-color-adjust:exact;print-color-adjust:exact}nav{display:none}main,header.top,footer{max-width:none;padding:0}h2{break-after:avoid}figure,tr,.verdict,dl.cards div{break-inside:avoid}.scroll{overflow:visible}details:not([open]){display:none}}
)css";
}

}  // namespace lenswright
