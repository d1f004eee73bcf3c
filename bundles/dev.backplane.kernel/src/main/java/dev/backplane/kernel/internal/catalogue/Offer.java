package dev.backplane.kernel.internal.catalogue;

import dev.backplane.api.cpu.PartitionState;
import dev.backplane.kernel.internal.file.OptionBinder;
import dev.backplane.kernel.internal.state.StateCodec;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Version;

/**
 * A type that one generation of a plugin offers. Everything of the plugin's classes that the kernel knows beside living
 * parts hangs here, and is dropped by {@link #withdraw}. Callable on any thread.
 */
public final class Offer {
    private final Kind kind;
    private final String type;
    private final String bundle;
    private final Version version;
    private final long generation;
    private final long bundleId;
    private volatile @Nullable Supplier<Object> source;
    private volatile @Nullable Binding binding;

    /** What the kernel knows of the factory's classes. */
    private record Binding(
            Object factory,
            Class<? extends Record> options,
            OptionBinder binder,
            @Nullable StateCodec codec) {}

    /**
     * An offer.
     *
     * @param kind the kind of part
     * @param type its name in VM files
     * @param bundle the plugin's symbolic name
     * @param version the plugin's version
     * @param generation grows with every registration
     * @param bundleId the plugin's number in the framework
     * @param source gets the factory service
     */
    public Offer(
            Kind kind,
            String type,
            String bundle,
            Version version,
            long generation,
            long bundleId,
            Supplier<Object> source) {
        this.kind = kind;
        this.type = type;
        this.bundle = bundle;
        this.version = version;
        this.generation = generation;
        this.bundleId = bundleId;
        this.source = source;
    }

    /** The kind of part. */
    public Kind kind() {
        return kind;
    }

    /** Its name in VM files. */
    public String type() {
        return type;
    }

    /** The plugin's symbolic name. */
    public String bundle() {
        return bundle;
    }

    /** The plugin's version. */
    public Version version() {
        return version;
    }

    /** The registration's number. */
    public long generation() {
        return generation;
    }

    /** The plugin's number in the framework. */
    public long bundleId() {
        return bundleId;
    }

    /**
     * The plugin as messages call it.
     *
     * @return symbolic name and version
     */
    public String plugin() {
        return bundle + " " + version;
    }

    /**
     * The factory. The first call may activate the plugin's component.
     *
     * @param <F> the kind's service interface
     * @param service its class
     * @return the factory
     * @throws IllegalStateException when the offer has been withdrawn, or the component cannot be activated
     */
    public <F> F factory(Class<F> service) {
        return service.cast(binding().factory());
    }

    /**
     * The options record.
     *
     * @return its class
     */
    public Class<? extends Record> options() {
        return binding().options();
    }

    /**
     * The first record with which the factory implements a further generic interface.
     *
     * @param ability the interface
     * @return its class
     * @throws IllegalArgumentException when the factory does not say
     */
    public Class<? extends Record> options(Class<?> ability) {
        return TypeArguments.of(binding().factory().getClass(), ability).get(0).asSubclass(Record.class);
    }

    /**
     * Binds this generation's options.
     *
     * @return the binder
     */
    public OptionBinder binder() {
        return binding().binder();
    }

    /**
     * Encodes and decodes this generation's states.
     *
     * @return the codec
     * @throws IllegalStateException for a kind without state
     */
    public StateCodec codec() {
        StateCodec codec = binding().codec();
        if (codec == null) {
            throw new IllegalStateException(kind.word() + " has no state");
        }
        return codec;
    }

    private Binding binding() {
        Binding known = binding;
        if (known != null) {
            return known;
        }
        Supplier<Object> from = source;
        if (from == null) {
            throw new IllegalStateException(plugin() + " has been withdrawn");
        }
        Binding bound = bind(from.get());
        binding = bound;
        if (source == null) {
            binding = null;
        }
        return bound;
    }

    private Binding bind(Object factory) {
        if (kind == Kind.MACHINE) {
            return new Binding(factory, NoOptions.class, new OptionBinder(), null);
        }
        List<Class<?>> arguments = TypeArguments.of(factory.getClass(), kind.service());
        Class<? extends Record> state =
                kind == Kind.CPU ? PartitionState.class : arguments.get(1).asSubclass(Record.class);
        return new Binding(
                factory,
                arguments.get(0).asSubclass(Record.class),
                new OptionBinder(),
                new StateCodec(state, plugin()));
    }

    /** Drops everything of the plugin's classes. */
    public void withdraw() {
        source = null;
        binding = null;
    }

    @Override
    public String toString() {
        return kind.word() + " " + type + " of " + plugin();
    }

    /** The options of a kind that has none. */
    private record NoOptions() {}
}
