// @ts-check
/**
 * Makes the children of one element equal to those of another with the fewest changes, so that nothing jumps, nothing
 * loses the focus and an animation goes on.
 *
 * @param {Node} shown the element on the page
 * @param {Node} next what it shall hold; its nodes may be moved over
 */
export function morph(shown, next) {
  const wanted = [...next.childNodes];
  wanted.forEach((node, index) => {
    const here = shown.childNodes[index];
    if (!here) shown.appendChild(node);
    else if (!here.isEqualNode(node)) change(here, node);
  });
  while (shown.childNodes.length > wanted.length) shown.lastChild?.remove();
}

/**
 * @param {ChildNode} here
 * @param {ChildNode} node
 */
function change(here, node) {
  if (here instanceof Element && node instanceof Element && here.tagName === node.tagName) {
    copyAttributes(here, node);
    morph(here, node);
  } else if (here.nodeType === Node.TEXT_NODE && node.nodeType === Node.TEXT_NODE) {
    here.nodeValue = node.nodeValue;
  } else {
    here.replaceWith(node);
  }
}

/**
 * @param {Element} here
 * @param {Element} node
 */
function copyAttributes(here, node) {
  for (const { name } of [...here.attributes]) if (!node.hasAttribute(name)) here.removeAttribute(name);
  for (const { name, value } of [...node.attributes]) if (here.getAttribute(name) !== value) here.setAttribute(name, value);
}
