/** The widget's style: for a constructed sheet, which the policy of no page forbids. */
const STYLE = `
  :host { all: initial; position: fixed; z-index: 2147483000; }
  .bubble { position: fixed; bottom: calc(20px + env(safe-area-inset-bottom)); inset-inline-end: 20px; display: grid; place-items: center; width: 60px; height: 60px; padding: 0; border: 0; border-radius: 50%; background: linear-gradient(145deg, #8f7bff, #5443d6 55%, #3b6fe0); color: #fff; box-shadow: 0 2px 6px rgb(30 20 80 / 25%), 0 10px 30px rgb(30 20 80 / 30%); cursor: pointer; -webkit-tap-highlight-color: transparent; }
  .bubble:focus-visible { outline: 3px solid #fff; outline-offset: -6px; }
  .bubble svg { width: 28px; height: 28px; fill: none; stroke: currentcolor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
  .bubble[aria-expanded="true"] .talk, .bubble[aria-expanded="false"] .cross { display: none; }
  .news { position: absolute; top: -4px; inset-inline-end: -4px; min-width: 22px; padding: 0 5px; box-sizing: border-box; border: 2px solid #fff; border-radius: 11px; background: #c92a2f; color: #fff; font: 700 12px/18px system-ui, sans-serif; text-align: center; }
  .news[hidden] { display: none; }
  .panel { position: fixed; bottom: calc(94px + env(safe-area-inset-bottom)); inset-inline-end: 20px; width: min(400px, calc(100vw - 40px)); height: min(660px, calc(100dvh - 124px)); overflow: hidden; border: 1px solid rgb(120 110 160 / 25%); border-radius: 22px; box-shadow: 0 4px 12px rgb(30 20 80 / 12%), 0 20px 60px rgb(30 20 80 / 25%); }
  .panel[hidden] { display: none; }
  iframe { display: block; width: 100%; height: 100%; border: 0; }
  @media (max-width: 480px) {
    .panel { inset: 0; width: 100%; height: 100dvh; border: 0; border-radius: 0; }
    .bubble[aria-expanded="true"] { display: none; }
  }
  @media (prefers-reduced-motion: no-preference) {
    .bubble { transition: transform 0.15s; }
    .bubble:hover { transform: scale(1.06); }
    .panel { animation: rise 0.2s ease-out; }
    @keyframes rise { from { opacity: 0; transform: translateY(14px); } }
  }`;
