// @ts-check
/**
 * Makes the children of one element equal to those of another with the fewest changes: nothing jumps, and what a person
 * has opened, typed or focused stays. An element with an id or `data-key` is the same one wherever it stands, so the
 * focus never slips from one row to its neighbour.
 *
 * @param {Element} shown the element on the page
 * @param {ParentNode & Node} next what it shall hold; its nodes may be moved over
 */
export function morph(shown, next) {
  const focused = document.activeElement;
  const way = focused instanceof Element && shown.contains(focused) ? wayTo(focused, shown) : [];
  change(shown, next);
  if (!way.length || document.activeElement === focused) return;
  if (focused instanceof HTMLElement && focused.isConnected) focused.focus({ preventScroll: true });
  else nearest(way, shown).focus({ preventScroll: true });
}

/**
 * @param {Element} shown
 * @param {Node} next
 */
function change(shown, next) {
  /** @type {Map<string, Element>} */
  const known = new Map();
  for (const child of shown.children) if (keyOf(child)) known.set(keyOf(child), child);
  const wanted = [...next.childNodes];
  const stays = new Set(wanted.map(keyOf).filter((key) => key && known.has(key)));
  let here = shown.firstChild;
  for (const node of wanted) {
    // What has a place of its own further down is not written over.
    while (here && keyOf(here) && !stays.has(keyOf(here)) && keyOf(node) !== keyOf(here)) {
      const gone = here;
      here = here.nextSibling;
      gone.remove();
    }
    const key = keyOf(node);
    const same = key ? known.get(key) : undefined;
    if (same) {
      if (same !== here) move(shown, same, here);
      else here = here.nextSibling;
      update(same, /** @type {Element} */ (node));
    } else if (here && !key && !keyOf(here) && alike(here, node)) {
      const old = here;
      here = here.nextSibling;
      if (old instanceof Element) update(old, /** @type {Element} */ (node));
      else if (old.nodeValue !== node.nodeValue) old.nodeValue = node.nodeValue;
    } else {
      shown.insertBefore(node, here);
    }
  }
  while (here) {
    const gone = here;
    here = here.nextSibling;
    gone.remove();
  }
}

/**
 * @param {Element} old
 * @param {Element} node
 */
function update(old, node) {
  if (old.isEqualNode(node)) return;
  if (old.tagName !== node.tagName) {
    old.replaceWith(node);
    return;
  }
  for (const { name } of [...old.attributes]) if (!node.hasAttribute(name) && !isOpen(old, name)) old.removeAttribute(name);
  for (const { name, value } of [...node.attributes]) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  change(old, node);
}

/**
 * @param {Node} one
 * @param {Node} other
 */
function alike(one, other) {
  return one.nodeType === other.nodeType && one.nodeName === other.nodeName;
}

/**
 * Says whether an attribute is a person's doing: an opened menu stays open.
 *
 * @param {Element} element
 * @param {string} name
 */
function isOpen(element, name) {
  return name === "open" && (element instanceof HTMLDetailsElement || element instanceof HTMLDialogElement);
}

/**
 * @param {Node} node
 * @returns {string}
 */
function keyOf(node) {
  return node instanceof HTMLElement ? node.id || node.dataset.key || "" : "";
}

/**
 * @param {Element} parent
 * @param {Element} node
 * @param {ChildNode | null} before
 */
function move(parent, node, before) {
  // moveBefore keeps the focus, where there is one.
  const moving = /** @type {{moveBefore?: (node: Node, before: Node | null) => void}} */ (/** @type {unknown} */ (parent));
  if (moving.moveBefore) moving.moveBefore(node, before);
  else parent.insertBefore(node, before);
}

/**
 * @param {Element} element
 * @param {Element} root
 */
function wayTo(element, root) {
  const way = [];
  for (let one = element.parentElement; one && one !== root; one = one.parentElement) way.push(one);
  return way;
}

/**
 * The focus goes to what is left around the place where it was.
 *
 * @param {Element[]} way
 * @param {Element} root
 * @returns {HTMLElement}
 */
function nearest(way, root) {
  for (const one of [...way.filter((element) => element.isConnected), root]) {
    const found = one.querySelector("a[href], button:not(:disabled), summary, input, select, textarea, [tabindex]");
    if (found instanceof HTMLElement) return found;
  }
  return document.getElementById("content") ?? document.body;
}
