package dev.backplane.kernel.internal.bay;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Part;
import dev.backplane.api.state.StateException;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.file.PartSpec;
import dev.backplane.kernel.internal.file.Scope;
import dev.backplane.kernel.internal.state.EncodedState;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The bay of something that another part stands on, which talks to its front.
 *
 * @param <F> the front
 */
abstract class FrontSocket<F> implements Socket {
    private final Path folder;
    private final List<String> nested;
    private final F front;
    private final Bay bay;

    /**
     * A vacant bay.
     *
     * @param spec what the VM file says
     * @param folder what relative paths start from
     * @param surroundings what the machine's bays share
     * @param nested the bays that it refers to
     * @param maker makes the front, from where it says what a part has thrown
     */
    FrontSocket(
            PartSpec spec,
            Path folder,
            Surroundings surroundings,
            List<String> nested,
            Function<Consumer<Throwable>, F> maker) {
        this.folder = folder;
        this.nested = nested;
        front = maker.apply(this::threw);
        bay = new Bay(spec, surroundings, this);
    }

    private void threw(Throwable thrown) {
        bay.report(bay.occupantNumber(), Rendered.line(thrown));
    }

    /**
     * Binds options, without making anything.
     *
     * @param spec what the VM file says
     * @param folder what relative paths start from
     * @param offer the plugin's
     * @return the parts that they refer to
     * @throws ConfigurationException when they are wrong
     */
    public static List<PartSpec> nested(PartSpec spec, Path folder, Offer offer) throws ConfigurationException {
        Scope scope = new Scope(folder, spec.id());
        bound(spec, offer, scope);
        return scope.nested();
    }

    private static Record bound(PartSpec spec, Offer offer, Scope scope) throws ConfigurationException {
        return offer.binder().bind(offer.options(), spec.options(), spec.path(), scope);
    }

    /** The bay. */
    public final Bay bay() {
        return bay;
    }

    /** What the part above uses. */
    public final F front() {
        return front;
    }

    @Override
    public final Record bind(PartSpec asked, Offer offer) throws ConfigurationException {
        return bound(asked, offer, new Scope(folder, asked.id()));
    }

    @Override
    public final Part<?> make(Record options, Offer offer, BasicContext context, @Nullable EncodedState state)
            throws ConfigurationException, StateException {
        return make(
                offer, options, context, state == null ? null : offer.codec().decode(state));
    }

    @Override
    public final Record check(PartSpec asked, Offer offer) throws ConfigurationException {
        Scope scope = new Scope(folder, asked.id());
        Record options = bound(asked, offer, scope);
        if (!scope.nested().stream().map(PartSpec::id).toList().equals(nested)) {
            throw new ConfigurationException(
                    "%s stands on other parts than the one that was there".formatted(offer.plugin()));
        }
        return options;
    }

    /**
     * Makes a part.
     *
     * @param offer the plugin's
     * @param options its options
     * @param context as made by {@link #context}
     * @param state what it goes on from, or null for a new one
     * @return the part, quiesced
     * @throws ConfigurationException when the options cannot work
     * @throws StateException when it cannot go on from that state
     */
    abstract Part<?> make(Offer offer, Record options, BasicContext context, @Nullable Record state)
            throws ConfigurationException, StateException;
}
