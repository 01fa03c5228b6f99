/** The widget's style: for a constructed sheet, which the policy of no page forbids. */
const STYLE = `
  :host { all: initial; position: fixed; z-index: 2147483000; font: 16px/1.4 system-ui, sans-serif; }
  [hidden] { display: none !important; }
  .bubble { position: fixed; bottom: calc(20px + env(safe-area-inset-bottom)); left: var(--left, auto); right: var(--right, 20px); display: flex; align-items: center; justify-content: center; min-width: 60px; height: 60px; padding: 0; border: 0; border-radius: 30px; background: var(--colour, linear-gradient(145deg, #8f7bff, #5443d6 55%, #3b6fe0)); color: var(--ink, #fff); font: inherit; font-weight: 600; box-shadow: 0 2px 6px rgb(30 20 80 / 25%), 0 10px 30px rgb(30 20 80 / 30%); cursor: pointer; -webkit-tap-highlight-color: transparent; }
  .bubble:focus-visible { outline: 3px solid currentcolor; outline-offset: -6px; }
  .bubble svg { width: 28px; height: 28px; fill: none; stroke: currentcolor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
  .bubble[aria-expanded="true"] :is(.face, .title), .bubble[aria-expanded="false"] .cross { display: none; }
  .face { display: grid; place-items: center; width: 60px; height: 60px; font-size: 32px; line-height: 1; }
  .face img { width: 100%; height: 100%; border-radius: 50%; object-fit: cover; }
  .title { max-width: 240px; overflow: hidden; margin-inline: -8px 22px; white-space: nowrap; text-overflow: ellipsis; }
  .greeting { position: fixed; bottom: calc(94px + env(safe-area-inset-bottom)); left: var(--left, auto); right: var(--right, 20px); display: flex; align-items: start; max-width: min(300px, calc(100vw - 40px)); border: 1px solid #d9d5e6; border-radius: 16px; background: #fff; color: #1d1a29; box-shadow: 0 8px 28px rgb(30 20 80 / 20%); }
  .greeting button { border: 0; border-radius: 15px; background: none; color: inherit; font: inherit; text-align: start; overflow-wrap: anywhere; cursor: pointer; }
  .greeting button:focus-visible { outline: 2px solid currentcolor; outline-offset: -4px; }
  .words { flex: 1; padding: 12px 0 12px 16px; }
  .dismiss { flex: none; width: 44px; height: 44px; padding: 14px; }
  .dismiss svg { width: 16px; height: 16px; fill: none; stroke: currentcolor; stroke-width: 2.5; stroke-linecap: round; }
  .news { position: absolute; top: -4px; inset-inline-end: -4px; min-width: 22px; padding: 0 5px; box-sizing: border-box; border: 2px solid #fff; border-radius: 11px; background: #c92a2f; color: #fff; font: 700 12px/18px system-ui, sans-serif; text-align: center; }
  .panel { position: fixed; bottom: calc(var(--foot, 94px) + env(safe-area-inset-bottom)); left: var(--left, auto); right: var(--right, 20px); width: min(400px, calc(100vw - 40px)); height: min(660px, calc(100dvh - 30px - var(--foot, 94px))); overflow: hidden; border: 1px solid rgb(120 110 160 / 25%); border-radius: 22px; box-shadow: 0 4px 12px rgb(30 20 80 / 12%), 0 20px 60px rgb(30 20 80 / 25%); }
  iframe { display: block; width: 100%; height: 100%; border: 0; }
  @media (max-width: 480px) {
    .panel { inset: 0; width: 100%; height: 100dvh; border: 0; border-radius: 0; }
    .bubble[aria-expanded="true"][data-alive], .title { display: none; }
  }
  @media (forced-colors: active) {
    .bubble, .greeting { border: 1px solid; }
  }
  @media (prefers-reduced-motion: no-preference) {
    .bubble { transition: transform 0.15s; }
    .bubble:hover { transform: scale(1.06); }
    .panel { animation: rise 0.2s ease-out; }
    @keyframes rise { from { opacity: 0; transform: translateY(14px); } }
  }`;
