package dev.backplane.kernel.internal.bay;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Part;
import dev.backplane.api.state.StateException;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageLayer;
import dev.backplane.api.storage.StorageOpener;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.file.PartSpec;
import dev.backplane.kernel.internal.file.Scope;
import dev.backplane.kernel.internal.state.EncodedState;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The bay of one layer of a disk. */
public final class StorageSocket implements Socket {
    private final PartSpec spec;
    private final Path folder;
    private final List<String> nested;
    private final Fronts below;
    private final StorageFront front;
    private final Bay bay;

    private StorageSocket(PartSpec spec, Path folder, Surroundings surroundings, List<String> nested, Fronts below) {
        this.spec = spec;
        this.folder = folder;
        this.nested = nested;
        this.below = below;
        front = new StorageFront(spec.id());
        bay = new Bay(spec, surroundings, this);
    }

    /**
     * Makes the bay, vacant.
     *
     * @param spec what the VM file says
     * @param folder what relative paths start from
     * @param surroundings what the machine's bays share
     * @param nested the bays that it refers to
     * @param below what it stands on
     * @return the socket
     */
    public static StorageSocket plug(
            PartSpec spec, Path folder, Surroundings surroundings, List<String> nested, Fronts below) {
        return new StorageSocket(spec, folder, surroundings, nested, below);
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
    public Bay bay() {
        return bay;
    }

    /** What the layer above uses. */
    public StorageFront front() {
        return front;
    }

    @Override
    public BasicContext context(Bay here, long occupant) {
        return new StoragePartContext(here, occupant, front, below);
    }

    @Override
    public Record bind(PartSpec asked, Offer offer) throws ConfigurationException {
        return bound(asked, offer, new Scope(folder, asked.id()));
    }

    @Override
    public Part<?> make(Offer offer, BasicContext context, @Nullable EncodedState state)
            throws ConfigurationException, StateException {
        PartSpec asked = bay.spec();
        Scope scope = new Scope(folder, asked.id());
        Record options = bound(asked, offer, scope);
        if (!scope.nested().stream().map(PartSpec::id).toList().equals(nested)) {
            throw new ConfigurationException(
                    "%s stands on other layers than the one that was there".formatted(offer.plugin()));
        }
        StoragePartContext storage = (StoragePartContext) context;
        StorageLayer<?> made = open(offer, options, storage, state);
        front.prepare(made, storage);
        return made;
    }

    @SuppressWarnings("unchecked")
    private static StorageLayer<?> open(
            Offer offer, Record options, StoragePartContext context, @Nullable EncodedState state)
            throws ConfigurationException, StateException {
        StorageOpener<Record, Record> opener = offer.factory(StorageOpener.class);
        try {
            return state == null
                    ? opener.open(options, context)
                    : opener.restore(options, context, offer.codec().decode(state));
        } catch (StorageException e) {
            throw new ConfigurationException(String.valueOf(e.getMessage()));
        }
    }

    @Override
    public void open(Part<?> part, BasicContext context) {
        front.open((StorageLayer<?>) part, (StoragePartContext) context);
    }

    @Override
    public void close() {
        front.close();
    }

    @Override
    public void again() {
        front.again();
    }
}
