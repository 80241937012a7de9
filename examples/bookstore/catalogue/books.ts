/** What readers choose by; each book has one. */
export type Genre =
  | 'adventure'
  | 'childhood'
  | 'detection'
  | 'horror'
  | 'love'
  | 'science fiction'
  | 'thought'

/** A book of the shop. All are in the public domain. */
export interface Book {
  /** Lower-case title with dashes; stays the same for ever. */
  readonly id: string
  readonly title: string
  readonly author: string
  /** Of first publication; negative before the common era. */
  readonly year: number
  readonly genre: Genre
  readonly subjects: readonly string[]
  /** Length of the text in Unicode code points, about. Positions in a book run from 0 to this. */
  readonly codePoints: number
}

type Row = readonly [title: string, author: string, year: number, thousands: number, subjects: string]

const shelves: Readonly<Record<Genre, readonly Row[]>> = {
  adventure: [
    ['Treasure Island', 'Robert Louis Stevenson', 1883, 370, 'pirates, sea, boys'],
    ['Kidnapped', 'Robert Louis Stevenson', 1886, 450, 'Scotland, sea, boys'],
    ['The Call of the Wild', 'Jack London', 1903, 175, 'dogs, Yukon, nature'],
    ['White Fang', 'Jack London', 1906, 395, 'dogs, Yukon, nature'],
    ['Robinson Crusoe', 'Daniel Defoe', 1719, 600, 'islands, sea'],
    ["King Solomon's Mines", 'H. Rider Haggard', 1885, 445, 'Africa, treasure'],
    ['Around the World in Eighty Days', 'Jules Verne', 1873, 350, 'travel, wagers'],
    ['The Scarlet Pimpernel', 'Baroness Orczy', 1905, 470, 'France, revolution'],
    ['Adventures of Huckleberry Finn', 'Mark Twain', 1884, 570, 'Mississippi, boys'],
    ['Moby-Dick', 'Herman Melville', 1851, 1190, 'whales, sea'],
  ],
  childhood: [
    ["Alice's Adventures in Wonderland", 'Lewis Carroll', 1865, 145, 'fantasy, girls'],
    ['Through the Looking-Glass', 'Lewis Carroll', 1871, 165, 'fantasy, girls, chess'],
    ['Peter and Wendy', 'J. M. Barrie', 1911, 260, 'fantasy, pirates'],
    ['The Wonderful Wizard of Oz', 'L. Frank Baum', 1900, 205, 'fantasy, girls'],
    ['The Secret Garden', 'Frances Hodgson Burnett', 1911, 425, 'gardens, orphans'],
    ['A Little Princess', 'Frances Hodgson Burnett', 1905, 360, 'girls, orphans, school'],
    ['The Jungle Book', 'Rudyard Kipling', 1894, 275, 'India, animals'],
    ['The Wind in the Willows', 'Kenneth Grahame', 1908, 330, 'animals, rivers'],
    ['Anne of Green Gables', 'L. M. Montgomery', 1908, 570, 'girls, orphans, Canada'],
  ],
  detection: [
    ['A Study in Scarlet', 'Arthur Conan Doyle', 1887, 245, 'Sherlock Holmes, London'],
    ['The Sign of the Four', 'Arthur Conan Doyle', 1890, 235, 'Sherlock Holmes, London'],
    ['The Adventures of Sherlock Holmes', 'Arthur Conan Doyle', 1892, 560, 'Sherlock Holmes, short stories'],
    ['The Hound of the Baskervilles', 'Arthur Conan Doyle', 1902, 320, 'Sherlock Holmes, dogs'],
    ['The Moonstone', 'Wilkie Collins', 1868, 1090, 'theft, country houses'],
    ['The Innocence of Father Brown', 'G. K. Chesterton', 1911, 430, 'priests, short stories'],
    ['The Mysterious Affair at Styles', 'Agatha Christie', 1920, 310, 'poison, country houses'],
    ['The Thirty-Nine Steps', 'John Buchan', 1915, 225, 'spies, Scotland'],
    ['The Mystery of the Yellow Room', 'Gaston Leroux', 1907, 400, 'locked rooms, France'],
  ],
  horror: [
    ['Frankenstein', 'Mary Shelley', 1818, 420, 'monsters, science'],
    ['Dracula', 'Bram Stoker', 1897, 840, 'vampires, letters'],
    ['Carmilla', 'Sheridan Le Fanu', 1872, 155, 'vampires, castles'],
    ['Strange Case of Dr Jekyll and Mr Hyde', 'Robert Louis Stevenson', 1886, 140, 'doubles, London'],
    ['The Turn of the Screw', 'Henry James', 1898, 230, 'ghosts, country houses'],
    ['The Picture of Dorian Gray', 'Oscar Wilde', 1890, 430, 'doubles, London'],
    ['The Legend of Sleepy Hollow', 'Washington Irving', 1820, 68, 'ghosts, New York'],
    ['The Yellow Wallpaper', 'Charlotte Perkins Gilman', 1892, 32, 'madness, houses'],
    ['The Metamorphosis', 'Franz Kafka', 1915, 120, 'insects, family'],
  ],
  love: [
    ['Pride and Prejudice', 'Jane Austen', 1813, 685, 'marriage, sisters, England'],
    ['Sense and Sensibility', 'Jane Austen', 1811, 670, 'marriage, sisters, England'],
    ['Emma', 'Jane Austen', 1815, 880, 'marriage, England'],
    ['Persuasion', 'Jane Austen', 1817, 465, 'marriage, navy, England'],
    ['Northanger Abbey', 'Jane Austen', 1817, 430, 'marriage, abbeys, England'],
    ['Jane Eyre', 'Charlotte Brontë', 1847, 1040, 'governesses, orphans, England'],
    ['Wuthering Heights', 'Emily Brontë', 1847, 650, 'moors, revenge, England'],
    ['The Age of Innocence', 'Edith Wharton', 1920, 590, 'marriage, New York'],
    ['Ethan Frome', 'Edith Wharton', 1911, 190, 'marriage, New England'],
    ['A Room with a View', 'E. M. Forster', 1908, 390, 'travel, Italy'],
  ],
  'science fiction': [
    ['The Time Machine', 'H. G. Wells', 1895, 180, 'time, future'],
    ['The War of the Worlds', 'H. G. Wells', 1898, 338, 'Mars, war'],
    ['The Invisible Man', 'H. G. Wells', 1897, 272, 'science, madness'],
    ['The Island of Doctor Moreau', 'H. G. Wells', 1896, 243, 'islands, science'],
    ['Twenty Thousand Leagues under the Seas', 'Jules Verne', 1870, 600, 'sea, submarines'],
    ['Journey to the Centre of the Earth', 'Jules Verne', 1864, 490, 'caves, travel'],
    ['Flatland', 'Edwin A. Abbott', 1884, 190, 'mathematics, dimensions'],
    ['A Princess of Mars', 'Edgar Rice Burroughs', 1912, 360, 'Mars, war'],
    ['The Lost World', 'Arthur Conan Doyle', 1912, 420, 'dinosaurs, travel'],
  ],
  thought: [
    ['Meditations', 'Marcus Aurelius', 180, 230, 'stoics, Rome'],
    ['The Art of War', 'Sun Tzu', -500, 330, 'war, China'],
    ['The Prince', 'Niccolò Machiavelli', 1532, 280, 'power, Italy'],
    ['Walden', 'Henry David Thoreau', 1854, 620, 'nature, New England'],
    ['Tao Te Ching', 'Laozi', -400, 60, 'Taoism, China'],
    ['Candide', 'Voltaire', 1759, 200, 'satire, travel'],
    ['The Souls of Black Folk', 'W. E. B. Du Bois', 1903, 410, 'America, essays'],
    ['Beyond Good and Evil', 'Friedrich Nietzsche', 1886, 390, 'morals, aphorisms'],
  ],
}

const idOf = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll("'", '')
    .replaceAll(/[^a-z0-9]+/g, '-')

/** Every book of the shop. */
export const books: readonly Book[] = Object.entries(shelves).flatMap(([genre, rows]) =>
  rows.map(([title, author, year, thousands, subjects]) => ({
    id: idOf(title),
    title,
    author,
    year,
    genre: genre as Genre,
    subjects: subjects.split(', '),
    codePoints: thousands * 1000,
  })),
)
