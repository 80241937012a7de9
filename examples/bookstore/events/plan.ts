import { trackingPlan, type TrackingPlan } from 'nacre'
import {
  reader,
  signedUp,
  subscriptionCancelled,
  subscriptionRenewed,
  subscriptionStarted,
  trialStarted,
} from './accounts.ts'
import { bookFinished, bookOpened, bookViewed, positionSet, readingSpan } from './reading.ts'

/** Every event our apps may send. Others are kept in `events.rejected`. */
export const plan: TrackingPlan = trackingPlan({
  events: [
    reader,
    signedUp,
    trialStarted,
    subscriptionStarted,
    subscriptionRenewed,
    subscriptionCancelled,
    bookViewed,
    bookOpened,
    readingSpan,
    positionSet,
    bookFinished,
  ],
})
