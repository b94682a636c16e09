/** A token of RFC 9110 section 5.6.2: what the name of a cookie (RFC 6265 section 4.1.1) and the name of a header are. */
export const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/
