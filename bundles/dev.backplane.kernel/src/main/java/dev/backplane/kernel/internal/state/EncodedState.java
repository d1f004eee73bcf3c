package dev.backplane.kernel.internal.state;

/**
 * A part's state as it travels between bundles, processes and hosts.
 *
 * @param schema what the fields mean
 * @param version of the schema
 * @param writtenBy symbolic name and version of the plugin that wrote it, for messages
 * @param cbor the fields, as a CBOR map
 */
public record EncodedState(String schema, int version, String writtenBy, byte[] cbor) {}
