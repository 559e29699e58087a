/// How the page looks: on light and dark ground, on a phone, and on paper.
enum PageStyle {
  static let sheet = """
    :root{--ground:#f6f7f9;--card:#ffffff;--text:#1f2328;--muted:#57606a;--rule:#d8dee4;--link:#0059a6;
    --good:#1a6b3c;--good-ground:#e3f4e8;--bad:#a4161a;--bad-ground:#fde8e6;--open:#57606a;--open-ground:#eceff2}
    @media screen and (prefers-color-scheme:dark){:root{--ground:#0d1015;--card:#14181e;--text:#e6e9ee;--muted:#a3acb8;
    --rule:#2d343d;--link:#7cc0ff;--good:#6fdc9a;--good-ground:#12301f;--bad:#ff9d94;--bad-ground:#3d1714;--open:#b3bac3;
    --open-ground:#262c34}}
    *{box-sizing:border-box}
    body{margin:0;background:var(--ground);color:var(--text);
    font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
    main{max-width:1200px;margin:0 auto;padding:32px 24px 64px}
    h1{font-size:clamp(1.6rem,4vw,2.4rem);line-height:1.2;margin:.2em 0 .3em;letter-spacing:-.01em}
    h2{font-size:1.4rem;margin:0 0 .5em}
    h3{font-size:1.05rem;margin:1.6em 0 .6em}
    figure h3{margin-top:0}
    p{margin:.4em 0 .8em;max-width:76ch}
    code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.88em}
    a{color:var(--link)}
    .eyebrow{color:var(--muted);font-size:.9rem;margin:0;max-width:none}
    .lead{font-size:1.1rem;color:var(--muted)}
    nav{display:flex;flex-wrap:wrap;gap:6px 18px;margin:22px 0;font-size:.95rem}
    section{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:24px;margin:22px 0}
    .cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(240px,1fr));gap:14px;margin-top:20px}
    .card{border-radius:10px;padding:14px 18px;border:1px solid var(--rule);border-left-width:6px;background:var(--card)}
    .card p{margin:0}
    .card .what{color:var(--muted);font-size:.9rem}
    .card .word{font-size:1.3rem;font-weight:650;margin:2px 0}
    .card .mark{margin-right:.35em}
    .card .detail{font-size:.9rem;color:var(--muted)}
    .card.good{border-left-color:var(--good)}.card.good .word{color:var(--good)}
    .card.bad{border-left-color:var(--bad)}.card.bad .word{color:var(--bad)}
    .card.open{border-left-color:var(--open)}
    .badge{display:inline-block;border-radius:99px;padding:1px 10px;font-size:.85rem;font-weight:600;white-space:nowrap}
    .badge.good{color:var(--good);background:var(--good-ground)}
    .badge.bad{color:var(--bad);background:var(--bad-ground)}
    .badge.open{color:var(--open);background:var(--open-ground)}
    .detail{color:var(--muted);font-size:.92em}
    .scroll,.picture{overflow-x:auto}
    .picture:focus-visible,.scroll:focus-visible,pre:focus-visible{outline:2px solid var(--link);outline-offset:2px}
    table{border-collapse:collapse;width:100%;font-size:.92rem}
    th,td{padding:6px 14px 6px 0;text-align:left;vertical-align:top}
    thead th{color:var(--muted);font-weight:600;border-bottom:2px solid var(--rule);white-space:nowrap}
    tbody tr{border-top:1px solid var(--rule)}
    .number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
    .results tbody{border-top:1px solid var(--rule)}
    .results tbody tr{border-top:0}
    .results{font-size:.88rem}
    .results td{white-space:nowrap}
    .results .ours td{font-weight:600}
    .results .report td{color:var(--muted);padding-top:1px;padding-bottom:3px}
    .results th[scope=rowgroup]{font-weight:400;white-space:nowrap}
    .verdicts th[scope=row],.beyond-table-1 th[scope=row],.beyond-table-1 td:last-child{white-space:nowrap}
    .curves{font-size:.8rem}
    .curves th[scope=row],.curves .number{white-space:nowrap}
    .model{display:block;color:var(--muted);font-size:.9em}
    .remarks{color:var(--muted);font-size:.92rem;padding-left:1.2em}
    .claims{padding-left:1.4em;margin:0}
    .claim{padding:8px 0;border-top:1px solid var(--rule)}
    .claim:first-child{border-top:0}
    .claim::marker{color:var(--muted);font-weight:600}
    .claim p{margin:.2em 0;max-width:none}
    .claim .statement{font-weight:550}
    .claim .finding{font-size:.95rem}
    .claim .rule{font-size:.86rem;color:var(--muted)}
    figure{margin:0 0 34px}
    figure:last-child{margin-bottom:0}
    figcaption{color:var(--muted);font-size:.92rem;margin-top:6px;max-width:100ch}
    .picture svg{display:block;width:100%;min-width:820px;height:auto;max-width:1120px}
    figure.small .picture svg{min-width:500px;max-width:600px}
    .maps{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,500px),1fr));gap:26px;align-items:start}
    .maps figure{margin:0;min-width:0}
    .nights{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,320px),1fr));gap:14px 26px}
    .nights figure{margin:0;min-width:0}
    .nights h3{margin:.4em 0;display:flex;flex-wrap:wrap;gap:4px 10px;align-items:baseline}
    .nights svg{display:block;width:100%;height:auto;max-width:420px}
    .facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,250px),1fr));gap:8px 24px;margin:0 0 20px}
    .facts dt{color:var(--muted);font-size:.85rem}
    .facts dd{margin:0;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
    pre{overflow-x:auto;background:var(--ground);border:1px solid var(--rule);border-radius:8px;padding:12px 14px;margin:0}
    .results th[scope=rowgroup],.results thead th:first-child{position:sticky;left:0;background:var(--card)}
    @media (max-width:880px){figure:not(.small) .picture::before{content:"scroll sideways to see all of it";display:block;
    position:sticky;left:0;width:max-content;color:var(--muted);font-size:.8rem}}
    @media (max-width:600px){main{padding:18px 12px 40px}section{padding:16px 14px;border-radius:8px}}
    @media print{@page{size:A4 landscape;margin:12mm}
    body{background:#fff;font-size:10.5pt}main{max-width:none;padding:0}nav{display:none}
    section{border:0;padding:0;margin:0 0 18px}
    .scroll,.picture{overflow:visible}
    .picture svg{min-width:0!important;max-width:100%;max-height:142mm}
    .maps{grid-template-columns:1fr 1fr}
    table{font-size:8.5pt}
    pre{white-space:pre-wrap}
    figure,.claim,.card,tbody{break-inside:avoid}
    h2,h3,#heat-maps>p{break-after:avoid}
    .results th[scope=rowgroup]{position:static}
    .picture::before{content:none!important}
    *{-webkit-print-color-adjust:exact;print-color-adjust:exact}}

    """
}
