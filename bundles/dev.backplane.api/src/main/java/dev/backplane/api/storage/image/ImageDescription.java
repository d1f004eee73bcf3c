package dev.backplane.api.storage.image;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * What an open image, or place for bytes, tells about itself.
 *
 * @param occupiedBytes what it takes on the host, where a protocol knows
 * @param unitBytes the length of its clusters or blocks, where it has such
 * @param encrypted whether its bytes are encrypted
 * @param compressed whether it holds compressed bytes, as far as it can tell without looking for them
 * @param unclean whether it was not closed properly
 * @param details what only this format has, in its order: strings, booleans, integers, longs, lists and maps of such, under the names and
 *     with the values that {@code qemu-img info --output=json} has under {@code format-specific.data} where QEMU knows the format
 */
public record ImageDescription(
        OptionalLong occupiedBytes,
        OptionalLong unitBytes,
        boolean encrypted,
        boolean compressed,
        boolean unclean,
        Map<String, Object> details) {
    /** Keeps a copy of the details, in their order. */
    public ImageDescription {
        details = Collections.unmodifiableMap(new LinkedHashMap<>(details));
    }
}
