package dev.backplane.kernel.internal.bay;

import dev.backplane.api.part.Configurable;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Live;
import dev.backplane.api.part.Part;
import dev.backplane.kernel.internal.catalogue.Offer;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.Objects;
import java.util.Optional;

/** Which options may change while a part runs: those that are marked so. */
final class LiveOptions {
    private LiveOptions() {}

    /** Has a part take new options, which differ from the old ones in nothing but live components. */
    static void change(Occupant here, Record old, Record next, LifeCycle lifeCycle) throws ConfigurationException {
        String id = here.context().id();
        Record options = check(id, old, next);
        Configurable<Record> part = taker(id, here.part(), here.offer());
        Optional<String> failure = lifeCycle.call("configure", () -> part.configure(options));
        if (failure.isPresent()) {
            throw new ConfigurationException(id + ": " + failure.get());
        }
    }

    /** The new options, where they differ from the old ones in nothing but live components. */
    private static Record check(String part, Record old, Record next) throws ConfigurationException {
        for (RecordComponent component : old.getClass().getRecordComponents()) {
            if (!component.isAnnotationPresent(Live.class)
                    && !Objects.equals(value(component, old), value(component, next))) {
                throw new ConfigurationException(
                        "%s: %s cannot change while the part runs".formatted(part, component.getName()));
            }
        }
        return next;
    }

    /** The part, where it takes options while it runs. */
    @SuppressWarnings("unchecked")
    private static Configurable<Record> taker(String id, Part<?> part, Offer offer) throws ConfigurationException {
        if (part instanceof Configurable<?> taker) {
            return (Configurable<Record>) taker;
        }
        throw new ConfigurationException(
                "%s: %s takes no options while it runs: tell its vendor".formatted(id, offer.plugin()));
    }

    private static Object value(RecordComponent component, Record record) {
        Method accessor = component.getAccessor();
        accessor.setAccessible(true);
        try {
            return accessor.invoke(record);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        } catch (InvocationTargetException e) {
            throw new IllegalStateException(component.getName() + " cannot be read: " + e.getCause());
        }
    }
}
