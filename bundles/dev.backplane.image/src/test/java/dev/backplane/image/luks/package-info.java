@NullMarked
package dev.backplane.image.luks;

import org.jspecify.annotations.NullMarked;
