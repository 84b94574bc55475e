// @ts-check
/** The two examples with promises: six calls, each a promise of what the server says. */

import { server } from "../../meanwhile/client.js";

const foreground = () => [1, 2].map((number) => server.echo.echo({ message: `Foreground ${number}` }));

const background = () => [1, 2, 3, 4].map((number) => server.echo.echo.background({ message: `Background ${number}` }));

export const foregroundFirst = () => [...foreground(), ...background()];

export const backgroundFirst = () => {
  const calls = background();
  return [...foreground(), ...calls];
};
