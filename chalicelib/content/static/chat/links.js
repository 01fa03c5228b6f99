/** Makes links of answers safe, and says where they lead. */

const digits = (number) => number.replace(/%20|[^+\d]/g, "");

/**
 * Makes a link open in a new tab without a referrer, or the program for mail or calls. It shows its host, address or number
 * unless its text is that; such a text may be broken anywhere.
 */
export function secure(link) {
  if (!link.getAttribute("href") || !URL.canParse(link.href)) return link.removeAttribute("href");
  const { protocol, host, pathname } = new URL(link.href);
  Object.assign(link, { rel: "noopener noreferrer nofollow", title: link.href });
  if (host) link.target = "_blank";
  const number = protocol === "tel:" && digits(pathname);
  const [leads, said] = [host || number || pathname, link.textContent.trim()];
  const honest = said === leads || `${said}/`.startsWith(`${protocol}//${leads}/`) || said === link.href || (number && number === digits(said));
  if (!honest || link.username) link.dataset.leads = leads;
  else link.dataset.bare = "";
}
