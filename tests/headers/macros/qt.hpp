// What Qt's headers define without QT_NO_KEYWORDS.
#define slots
#define signals public
#define emit
#define foreach(variable, container) for (variable : container)
#define forever for (;;)
#define SIGNAL(a) "2" #a
#define SLOT(a) "1" #a
#define METHOD(a) "0" #a
#define Q_OBJECT
#define Q_GADGET
#define Q_SIGNALS public
#define Q_SLOTS
#define Q_EMIT
#define Q_FOREVER for (;;)
#define Q_PROPERTY(...)
#define Q_ENUM(x)
#define Q_UNUSED(x) (void)x;
#define Q_ASSERT(condition)
#define Q_LIKELY(x) (x)
#define QT_VERSION 0x060000
#define qDebug
#define qPrintable(string) string
