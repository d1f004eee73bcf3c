package dev.backplane.api.device;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.state.StateException;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * One kind of device: a stateless component declared with {@link DeviceType}. The kernel reads the two records from the
 * type arguments with which a component implements this interface. Calls come on kernel threads, for several machines at
 * once, and must not block longer than opening a host resource takes.
 *
 * <pre>{@code
 * @Component
 * @DeviceType("example-counter")
 * public final class CounterFactory implements DeviceFactory<CounterOptions, CounterState> {
 *     public Shape shape(CounterOptions options) {
 *         return Shape.empty().withPorts("count", options.port(), 4);
 *     }
 *
 *     public CounterDevice create(CounterOptions options, DeviceContext context) {
 *         return new CounterDevice(context, 0);
 *     }
 *
 *     public CounterDevice restore(CounterOptions options, DeviceContext context, CounterState state) {
 *         return new CounterDevice(context, state.count());
 *     }
 * }
 * }</pre>
 *
 * @param <O> its options, as the VM file gives them: a record whose components carry {@link
 *     dev.backplane.api.part.Option}
 * @param <S> its state: a record annotated with {@link dev.backplane.api.state.StateVersion}
 */
@ConsumerType
public interface DeviceFactory<O extends Record, S extends Record> {
    /**
     * What the guest sees of a device with these options. A pure function: a plan compares shapes before it pauses
     * anything.
     *
     * @param options its options
     * @return its shape
     * @throws ConfigurationException when the options contradict each other
     */
    Shape shape(O options) throws ConfigurationException;

    /**
     * Makes a device in its power-on state, quiesced, with nothing done outwardly.
     *
     * @param options its options
     * @param context all that it sees of the world
     * @return the device
     * @throws ConfigurationException when the options cannot work here
     */
    Device<S> create(O options, DeviceContext context) throws ConfigurationException;

    /**
     * Makes a device that goes on from a saved state, quiesced, with nothing done outwardly. Called also to rehearse, with a
     * context whose windows are not connected.
     *
     * @param options its options
     * @param context all that it sees of the world
     * @param state what a predecessor saved
     * @return the device
     * @throws StateException when it cannot go on from that state
     * @throws ConfigurationException when the options cannot work here
     */
    Device<S> restore(O options, DeviceContext context, S state) throws StateException, ConfigurationException;
}
