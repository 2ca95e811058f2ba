// Plays replies sentence by sentence: the next one is fetched while one is heard.

const player = new Audio();
let reading = 0; // each reading aloud has a number; a newer one ends the older

async function fetchPart(path, number) {
  const response = await fetch(path.replace(/\.ogg$/, `/${number}.ogg`));
  if (response.status === 404) return null;
  if (!response.ok) throw new Error("no sound");
  return URL.createObjectURL(await response.blob());
}

function playOnce(url) {
  return new Promise((resolve, reject) => {
    player.onended = resolve;
    player.onpause = resolve;
    player.onerror = reject;
    player.src = url;
    player.play().catch(reject);
  }).finally(() => URL.revokeObjectURL(url));
}

/** Plays the replies at `paths` one after the other; `tell` gets what is going on, in words. */
export async function play(paths, tell) {
  const mine = ++reading;
  player.pause();
  tell("正在念……");
  try {
    for (const path of paths.filter(Boolean)) {
      let next = fetchPart(path, 0);
      for (let number = 1; ; number += 1) {
        const url = await next;
        if (url === null || mine !== reading) break;
        next = fetchPart(path, number);
        next.catch(() => {}); // seen when its turn comes
        await playOnce(url);
      }
      if (mine !== reading) return;
    }
    tell("");
  } catch {
    if (mine === reading) tell("声音放不出来，请看文字，或者点“听一听”再试。");
  }
}

/** Ends what is being played. */
export function hush() {
  reading += 1;
  player.pause();
}
