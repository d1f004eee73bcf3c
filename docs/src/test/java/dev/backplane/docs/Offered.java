package dev.backplane.docs;

import java.util.Optional;

/**
 * A type that a VM file can name.
 *
 * @param kind the capability namespace without its prefix, for instance {@code device}
 * @param type its name
 * @param bundle the plugin's symbolic name
 * @param description what the plugin's manifest says of it
 * @param options its options record
 * @param state its state record, where it has one
 * @param creation what can be chosen for a new image, where it is a format that makes them
 */
record Offered(
        String kind,
        String type,
        String bundle,
        String description,
        Class<? extends Record> options,
        Optional<Class<? extends Record>> state,
        Optional<Class<? extends Record>> creation) {}
