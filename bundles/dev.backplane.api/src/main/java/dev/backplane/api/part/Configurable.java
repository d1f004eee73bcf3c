package dev.backplane.api.part;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * A part some of whose options may change while it runs. Implemented beside {@link Part} by parts whose options record has
 * {@link Live} components.
 *
 * @param <O> its options
 */
@ConsumerType
public interface Configurable<O extends Record> {
    /**
     * Applies new options, which differ from the effective ones in {@link Live} components only. Called while the part
     * runs, on a kernel thread; the bay keeps the record as the effective options when the call returns.
     *
     * @param options the new options
     * @throws ConfigurationException when they cannot work; the old ones stay in force
     */
    void configure(O options) throws ConfigurationException;
}
