/**
 * Makes the reference pages. {@code Offers} finds what the plugins on the class path offer, by their manifests and component descriptions;
 * {@code Page} writes one of them from its records; no type is named here.
 */
@NullMarked
package dev.backplane.docs;

import org.jspecify.annotations.NullMarked;
