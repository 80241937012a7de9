/** The look of the Home screen, in the colours the reader's device prefers. */
export const homeStyle = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#faf8f4, #15171a);
  --ink: light-dark(#26241f, #ece9e2);
  --soft: light-dark(#6a665d, #a5a29a);
  --track: light-dark(#e6e1d6, #33363b);
  --accent: light-dark(#10656f, #7fcdd0);
}
* { box-sizing: border-box; margin: 0; }
body {
  max-width: 68rem;
  margin: 0 auto;
  padding: 2.5rem 1.25rem 4rem;
  background: var(--paper);
  color: var(--ink);
  font: 1rem/1.4 system-ui, sans-serif;
}
h1 { font: 600 1.9rem/1.2 Georgia, 'Times New Roman', serif; }
header p, small, .author { color: var(--soft); }
section { margin-top: 2.25rem; }
h2 { margin-bottom: 0.9rem; font-size: 1.1rem; }
ul {
  display: grid;
  grid-auto-flow: column;
  grid-auto-columns: 9rem;
  gap: 1.25rem;
  margin-inline: -1.25rem;
  padding: 0 1.25rem 0.75rem;
  overflow-x: auto;
  list-style: none;
  scroll-snap-type: x proximity;
  scroll-padding-inline: 1.25rem;
}
li { display: flex; flex-direction: column; gap: 0.35rem; scroll-snap-align: start; }
.cover {
  display: flex;
  align-items: center;
  aspect-ratio: 2 / 3;
  padding: 0.9rem 0.8rem 0.9rem 1.1rem;
  border-radius: 3px 8px 8px 3px;
  background:
    linear-gradient(90deg, rgb(0 0 0 / 28%), rgb(255 255 255 / 14%) 6%, transparent 9%),
    linear-gradient(160deg, hsl(var(--hue) 38% 40%), hsl(calc(var(--hue) + 35) 45% 25%));
  box-shadow: 0 1px 2px rgb(0 0 0 / 25%), 0 8px 18px -8px rgb(0 0 0 / 45%);
  color: #fff;
  font: 600 1.05rem/1.25 Georgia, 'Times New Roman', serif;
  overflow-wrap: break-word;
  hyphens: auto;
}
.author { font-size: 0.875rem; }
small { font-size: 0.8rem; line-height: 1.3; }
progress {
  width: 100%;
  height: 4px;
  border: 0;
  border-radius: 2px;
  background: var(--track);
  appearance: none;
  overflow: hidden;
}
progress::-webkit-progress-bar { background: var(--track); }
progress::-webkit-progress-value { background: var(--accent); }
progress::-moz-progress-bar { background: var(--accent); }
`
