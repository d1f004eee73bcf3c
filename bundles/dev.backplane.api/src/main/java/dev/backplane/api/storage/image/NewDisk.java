package dev.backplane.api.storage.image;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A disk that is to be made.
 *
 * @param location a file's path, or in braces the YAML of the protocol's layer that is to hold it
 * @param format its type
 * @param options what was chosen for it, as text, by the names of the format's creation options
 * @param capacityBytes how long it is; left out where it is as long as its backing disk
 * @param backing the disk that shows through
 */
public record NewDisk(
        String location,
        String format,
        Map<String, String> options,
        OptionalLong capacityBytes,
        Optional<Backing> backing) {
    /** Keeps a copy of the options. */
    public NewDisk {
        options = Map.copyOf(options);
    }

    /**
     * A backing disk, as the person who makes the overlay names it: it is opened wherever it is.
     *
     * @param name as it is to stand in the image: a path, absolute or relative to the image's folder
     * @param format its type
     * @param options further options of the format with which it is opened, as text
     */
    public record Backing(String name, String format, Map<String, String> options) {
        /** Keeps a copy of the options. */
        public Backing {
            options = Map.copyOf(options);
        }

        /**
         * One that needs no options.
         *
         * @param name as it is to stand in the image
         * @param format its type
         */
        public Backing(String name, String format) {
            this(name, format, Map.of());
        }
    }
}
